"""JUnit XML: a test suite per clone type with a test case per class, for CI systems that show test results.

A class that is new fails; so does every class when the gate is closed and nothing tells new ones apart.
Places that talk to the judge pass, for they close no gate: what they say is the output of their test case.
"""

from __future__ import annotations

import re
from typing import TextIO
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from codesearch.core.audit import AuditReport, AuditSources, CloneClass
from codesearch.core.results import CloneType
from codesearch.report.audit_manipulations import RULE, manipulation_sentence
from codesearch.report.audit_wording import (
    MAX_SENTENCE,
    TYPE_NAMES,
    advice,
    anchor,
    compared,
    counted,
    explained,
    headline,
    name_of,
    new_first,
    place_text,
    sentences,
    short,
    short_path,
    shown_path,
)

MAX_CASES = 10_000
"""CI systems keep every test case in a database."""
MAX_MANIPULATIONS = 1_000
"""Test cases that are places which talk to the judge."""
MAX_MEMBERS = 20
"""Places that a failure lists."""

# What printable() leaves and XML 1.0 forbids: noncharacters (production 2 of the specification).
_NO_XML = re.compile("[\ufffe\uffff]")


class JunitReporter:
    """A ``testsuites`` document; no times, so that equal audits are equal."""

    name = "junit"
    suffix = ".xml"

    def write(self, report: AuditReport, sources: AuditSources, out: TextIO) -> None:
        """Valid XML 1.0; the suite of the gate fails with its reasons and counts what was cut."""
        del sources
        root = Element("testsuites", name="codesearch audit")
        root.append(_gate_suite(report))
        shown = new_first(report.classes)[:MAX_CASES]
        for kind in CloneType:
            found = [one for one in shown if one.clone_type is kind]
            if found or kind in report.summary.by_type:
                root.append(_type_suite(report, kind, found))
        if report.manipulations:
            root.append(_manipulation_suite(report))
        indent(root)
        out.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        ElementTree(root).write(out, encoding="unicode")
        out.write("\n")


def _gate_suite(report: AuditReport) -> Element:
    suite = Element("testsuite", name="gate")
    case = SubElement(suite, "testcase", classname="codesearch.audit", name="gate")
    if not report.gate.passed:
        reasons = [_clean(short(reason, MAX_SENTENCE)) for reason in report.gate.reasons]
        SubElement(case, "failure", type="gate", message="; ".join(reasons)).text = "\n".join(reasons)
    notes = [f"Did not run as configured: {short(note)}." for note in report.degraded]
    cut = len(report.classes) - MAX_CASES
    if cut > 0:
        notes.append(f"{counted(cut, 'class')} left out, those least worth merging.")
    talking = len(report.manipulations) - MAX_MANIPULATIONS
    if talking > 0:
        notes.append(f"{counted(talking, 'more place')} that talk to the judge left out.")
    if notes:
        SubElement(case, "system-out").text = _clean("\n".join(notes))
    return _counted(suite)


def _type_suite(report: AuditReport, kind: CloneType, classes: list[CloneClass]) -> Element:
    suite = Element("testsuite", name=f"{kind} {TYPE_NAMES[kind]}")
    all_fail = not report.gate.passed and not compared(report)
    for found in classes:
        first = anchor(found)
        title = f"{name_of(first)} {found.id}"
        path = short_path(shown_path(report, first.place.corpus, first.place.path))
        case = SubElement(suite, "testcase", classname=_clean(path), name=_clean(title), file=_clean(path))
        case.set("line", str(first.place.start_line))
        if found.new or all_fail:
            message = f"{TYPE_NAMES[kind]}: {headline(found)}"
            SubElement(case, "failure", type=str(kind), message=message).text = _details(report, found)
    return _counted(suite)


def _manipulation_suite(report: AuditReport) -> Element:
    suite = Element("testsuite", name=RULE)
    for found in report.manipulations[:MAX_MANIPULATIONS]:
        path = short_path(shown_path(report, found.place.corpus, found.place.path))
        title = f"{short(found.kind)} line {found.place.start_line}"
        case = SubElement(suite, "testcase", classname=_clean(path), name=_clean(title), file=_clean(path))
        case.set("line", str(found.place.start_line))
        SubElement(case, "system-out").text = _clean(sentences(manipulation_sentence(found)))
    return _counted(suite)


def _details(report: AuditReport, found: CloneClass) -> str:
    lines = [
        f"{place_text(report, member.place)}  {name_of(member)}{'  new' if member.new else ''}"
        for member in found.members[:MAX_MEMBERS]
    ]
    more = len(found.members) - len(lines)
    if more > 0:
        lines.append(f"and in {counted(more, 'more place')}")
    sure = f"{found.probability:.0%} sure"
    lines.append(sentences(sure, explained(found), f"Suggestion: {advice(report, found)}"))
    return _clean("\n".join(lines))


def _counted(suite: Element) -> Element:
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", "0")
    suite.set("skipped", "0")
    return suite


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
