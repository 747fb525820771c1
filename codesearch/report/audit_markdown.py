"""Markdown for the comment on a pull request: the verdict, the figures, and the classes that matter most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TextIO

from codesearch.core.audit import AuditReport, AuditSources, CloneClass, Member
from codesearch.report.audit_manipulations import manipulation_place, manipulations_headline
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
)
from codesearch.report.markdown_text import code_block, code_span, html_code, prose

MARKER = "<!-- codesearch-audit -->"
"""First line: whoever posts the comment finds the previous one by it and replaces that."""
MAX_CHARACTERS = 60_000
"""GitHub refuses a comment of more than 65,536, and whoever posts it may add a line or two."""
MAX_CLASSES = 50
"""Classes in a comment; nobody reads more in one."""
MAX_MEMBERS = 10
"""Places per class."""
MAX_NOTES = 10
"""Reasons, and likewise notes and places that talk to the judge."""
MAX_CODE = 12
"""Lines of source per class."""
MAX_COLUMNS = 120

_END = 200  # characters kept for the last line


class MarkdownReporter:
    """A comment of at most :data:`MAX_CHARACTERS`; new classes first, each folded under its headline."""

    name = "markdown"
    suffix = ".md"

    def write(self, report: AuditReport, sources: AuditSources, out: TextIO) -> None:
        """Write it; the last line counts the classes that were left out."""
        text = "\n".join(_head(report))
        classes = new_first(report.classes)
        written = 0
        for found in classes[:MAX_CLASSES]:
            block = "\n".join(_class_lines(report, found, sources.lines(anchor(found))))
            if len(text) + len(block) > MAX_CHARACTERS - _END:
                break
            text += block
            written += 1
        out.write(text)
        if written < len(classes):
            more = "more class" if written else "class"
            out.write(f"\n{counted(len(classes) - written, more)} in the full report.\n")


def _head(report: AuditReport) -> Iterator[str]:
    yield MARKER
    yield f"## Clone audit: {_title(report)}"
    yield ""
    if not report.gate.passed:
        yield "**The gate is closed:**"
        yield ""
        yield from _notes(report.gate.reasons)
        yield ""
    yield from _figures(report)
    if report.manipulations:
        yield from _manipulations(report)
    if report.degraded:
        yield "Did not run as configured:"
        yield ""
        yield from _notes(report.degraded)
        yield ""


def _title(report: AuditReport) -> str:
    if not compared(report):
        return counted(report.summary.classes, "clone class")
    new = sum(found.new for found in report.classes)
    return counted(new, "new clone class") if new else "no new clone classes"


def _figures(report: AuditReport) -> Iterator[str]:
    summary = report.summary
    rows = [
        ("Clone classes", f"{summary.classes:,}"),
        ("Duplicated lines", f"{summary.duplicated_lines:,} of {summary.lines:,}"),
        ("Duplication", f"{summary.duplication_percent:.2f} %"),
        ("By type", ", ".join(f"{kind} {count:,}" for kind, count in sorted(summary.by_type.items()))),
    ]
    if report.fixed is not None:
        rows.append(("Fixed since the baseline", f"{len(report.fixed):,}"))
    hidden = report.hidden
    if hidden.ignored_members or hidden.accepted_classes:
        by_comments, accepted = counted(hidden.ignored_members, "place"), f"{hidden.accepted_classes:,}"
        rows.append(("Hidden", f"{by_comments} by comments, {accepted} accepted"))
    if hidden.judged_classes:
        rows.append(("Hidden by the judge", counted(hidden.judged_classes, "class")))
    yield "| | |"
    yield "|---|---|"
    yield from (f"| {name} | {value} |" for name, value in rows if value)
    yield ""


def _manipulations(report: AuditReport) -> Iterator[str]:
    yield f"**{manipulations_headline(report)}:**"
    yield ""
    for found in report.manipulations[:MAX_NOTES]:
        place, excerpt = code_span(manipulation_place(report, found)), code_span(short(found.excerpt))
        yield f"- {place} {prose(short(found.kind))}: {excerpt}"
    more = len(report.manipulations) - MAX_NOTES
    if more > 0:
        yield f"- and {more:,} more"
    yield ""


def _notes(notes: Sequence[str]) -> Iterator[str]:
    yield from (f"- {prose(short(note, MAX_SENTENCE))}" for note in notes[:MAX_NOTES])
    if len(notes) > MAX_NOTES:
        yield f"- and {len(notes) - MAX_NOTES:,} more"


def _class_lines(report: AuditReport, found: CloneClass, code: Sequence[str] | None) -> Iterator[str]:
    yield ""
    kind = f"New {found.clone_type}" if found.new else str(found.clone_type)
    title = f"<b>{kind}</b> {html_code(name_of(anchor(found)))}: {headline(found)}"
    yield f"<details><summary>{title}</summary>"
    yield ""
    yield from _members(report, found)
    yield ""
    sure = f"{TYPE_NAMES[found.clone_type].capitalize()}, {found.probability:.0%} sure"
    suggestion = f"Suggestion: {prose(advice(report, found))}"
    yield sentences(sure, prose(explained(found)), suggestion, f"Class {code_span(found.id)}")
    yield ""
    if code:
        yield code_block(_shortened(code), anchor(found).language)
        yield ""
    yield "</details>"
    yield ""


def _members(report: AuditReport, found: CloneClass) -> Iterator[str]:
    """New members first: they are what the comment is about."""
    ordered: list[Member] = sorted(found.members, key=lambda member: not member.new)
    for member in ordered[:MAX_MEMBERS]:
        name = f" {code_span(short(member.name))}" if member.name else ""
        yield f"- {code_span(place_text(report, member.place))}{name}{' **new**' if member.new else ''}"
    more = len(ordered) - MAX_MEMBERS
    if more > 0:
        yield f"- and in {counted(more, 'more place')}"


def _shortened(code: Sequence[str]) -> list[str]:
    lines = [line if len(line) <= MAX_COLUMNS else f"{line[:MAX_COLUMNS]}…" for line in code[:MAX_CODE]]
    more = len(code) - len(lines)
    return [*lines, f"… {counted(more, 'more line')}"] if more else lines
