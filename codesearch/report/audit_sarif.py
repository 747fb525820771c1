"""SARIF 2.1.0 (OASIS, errata 01): an audit for code scanning and editors.

One result per clone class, at its first new member, because a pull request shows only results on changed
lines; the other members are related locations that the message links. Places that talk to the judge are
results of a rule of their own. The limits are those of GitHub's code
scanning, which rejects a file beyond some of them; what they cut stands in a notification.

There is no ``primaryLocationLineHash``: the upload action computes it from the source, and warns about every
other value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from codesearch.core.audit import AuditReport, AuditSources, CloneClass, ManipulationFinding, Member
from codesearch.core.results import Place
from codesearch.report.audit_document import summary_fields
from codesearch.report.audit_manipulations import RULE, fingerprints, manipulation_sentence
from codesearch.report.audit_sarif_rules import LEVELS, MANIPULATION_INDEX, driver, rule_id, rule_index
from codesearch.report.audit_severity import Severity, severity
from codesearch.report.audit_uri import relative_uri
from codesearch.report.audit_wording import (
    TYPE_NAMES,
    advice,
    anchor,
    compared,
    counted,
    explained,
    headline,
    name_of,
    new_first,
    others,
    place_text,
    sentences,
    short,
    shown_path,
)
from codesearch.report.json_documents import Document
from codesearch.report.json_text import write_json

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MAX_RESULTS = 25_000
"""GitHub rejects a run with more."""
MAX_MANIPULATIONS = 1_000
"""Results that are places which talk to the judge, at most: they may not crowd out the clones."""
MAX_RELATED = 100
"""Related locations per result: GitHub shows no more."""
MAX_RELATED_IN_ALL = 100_000
"""Likewise in a run, which keeps the largest file well below GitHub's 10 MB of gzip."""
MAX_LINKS = 8
"""Places that a message names; the others are related locations only."""

_ROOT = "%SRCROOT%"


class SarifReporter:
    """A SARIF log of one run."""

    name = "sarif"
    suffix = ".sarif"

    def write(self, report: AuditReport, sources: AuditSources, out: TextIO) -> None:
        """One line of JSON, valid against the schema."""
        del sources
        write_json(sarif_log(report), out)


def sarif_log(report: AuditReport) -> Document:
    """The log as a JSON-ready mapping; results of new classes first, each part most worth merging first."""
    talking = report.manipulations[:MAX_MANIPULATIONS]
    shown = new_first(report.classes)[: MAX_RESULTS - len(talking)]
    related = _related(shown)
    notes = _notifications(report, shown, related)
    run: Document = {
        "tool": {"driver": driver()},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notes}],
        "originalUriBaseIds": {_ROOT: {"description": {"text": _root_meaning(report)}}},
        "results": [*_results(report, shown, related), *_manipulations(report, talking)],
        "properties": {
            "summary": summary_fields(report.summary),
            "fixed": None if report.fixed is None else list(report.fixed),
            "gate": {"passed": report.gate.passed, "reasons": list(report.gate.reasons)},
        },
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _related(shown: Sequence[CloneClass]) -> list[list[Member]]:
    """The related locations of each class, within the limits."""
    related, budget = [], MAX_RELATED_IN_ALL
    for found in shown:
        related.append(others(found)[: min(MAX_RELATED, budget)])
        budget -= len(related[-1])
    return related


def _results(
    report: AuditReport, shown: Sequence[CloneClass], related: Sequence[Sequence[Member]]
) -> list[Document]:
    knows_new = compared(report)
    results = []
    for found, members in zip(shown, related, strict=True):
        result = _result(report, found, members)
        result["level"] = LEVELS[severity(found, compared=knows_new)]
        if knows_new:
            result["baselineState"] = "new" if found.new else "unchanged"
        results.append(result)
    return results


def _result(report: AuditReport, found: CloneClass, related: Sequence[Member]) -> Document:
    first = anchor(found)
    return {
        "ruleId": rule_id(found.clone_type),
        "ruleIndex": rule_index(found.clone_type),
        "message": {"text": _message(report, found, related)},
        "locations": [_location(report, first.place)],
        "relatedLocations": [
            {"id": number, **_location(report, member.place), "message": {"text": _label(report, member)}}
            for number, member in enumerate(related, start=1)
        ],
        "partialFingerprints": {"cloneClass/v1": found.id, "memberContent/v1": first.content},
        "properties": _properties(found),
    }


def _properties(found: CloneClass) -> Document:
    return {
        "classId": found.id,
        "probability": round(found.probability, 6),
        "decidedBy": found.decided_by,
        "similarity": round(found.similarity, 6),
        "role": str(found.role),
        "lines": found.lines,
        "savedLines": found.saved_lines,
        "members": len(found.members),
    }


def _message(report: AuditReport, found: CloneClass, related: Sequence[Member]) -> str:
    """What a reader sees first; links name related locations by their id."""
    links = [
        f"[{_escaped(place_text(report, member.place))}]({number})"
        for number, member in enumerate(related[:MAX_LINKS], start=1)
    ]
    more = len(found.members) - 1 - len(links)
    if more:
        links.append(counted(more, "more place"))
    return sentences(
        f"{_escaped(name_of(anchor(found)))} is cloned in {', '.join(links)}",
        f"{TYPE_NAMES[found.clone_type].capitalize()}: {headline(found)}, {found.probability:.0%} sure",
        _escaped(explained(found)),
        f"Suggestion: {_escaped(advice(report, found))}",
    )


def _escaped(text: str) -> str:
    """Plain text within a message: brackets would begin a link (SARIF 3.11.6)."""
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _label(report: AuditReport, member: Member) -> str:
    return f"{name_of(member)} in {place_text(report, member.place)}"


def _manipulations(report: AuditReport, shown: Sequence[ManipulationFinding]) -> list[Document]:
    return [
        {
            "ruleId": RULE,
            "ruleIndex": MANIPULATION_INDEX,
            "level": LEVELS[Severity.MINOR],
            "message": {"text": sentences(_escaped(manipulation_sentence(found)))},
            "locations": [_location(report, found.place)],
            "partialFingerprints": {"manipulation/v1": fingerprint},
            "properties": {"kind": found.kind, "role": str(found.role)},
        }
        for found, fingerprint in fingerprints(shown)
    ]


def _location(report: AuditReport, place: Place) -> Document:
    return {
        "physicalLocation": {
            "artifactLocation": {
                "uri": relative_uri(shown_path(report, place.corpus, place.path)),
                "uriBaseId": _ROOT,
            },
            "region": {"startLine": place.start_line, "endLine": place.end_line},
        }
    }


def _root_meaning(report: AuditReport) -> str:
    if report.base:
        return "The root folder of the work tree"
    if len(report.roots) > 1:
        return "A folder that holds every audited corpus under its name"
    return "The root folder of the audited corpus"


def _notifications(
    report: AuditReport, shown: Sequence[CloneClass], related: Sequence[Sequence[Member]]
) -> list[Document]:
    """What did not run, and what the limits left out."""
    notes = [("degraded", f"Did not run as configured: {short(note)}.") for note in report.degraded]
    classes = len(report.classes) - len(shown)
    if classes:
        notes.append(("cut", f"{counted(classes, 'class')} left out, those least worth merging."))
    talking = len(report.manipulations) - MAX_MANIPULATIONS
    if talking > 0:
        notes.append(("cut", f"{counted(talking, 'more place')} that talk to the judge left out."))
    places = sum(len(found.members) - 1 for found in shown) - sum(map(len, related))
    if places:
        notes.append(("cut", f"{counted(places, 'place')} left out of the related locations."))
    return [
        {"level": "warning", "descriptor": {"id": name}, "message": {"text": text}} for name, text in notes
    ]
