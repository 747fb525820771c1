"""An audit for a person at a terminal: the classes most worth merging, then the figures and the gate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.style import Style
from rich.text import Text

from codesearch.core.audit import AuditReport, AuditSources, CloneClass
from codesearch.core.results import Place
from codesearch.core.types import Role
from codesearch.report.audit_manipulations import manipulations_headline
from codesearch.report.audit_wording import (
    MAX_SENTENCE,
    advice,
    counted,
    explained,
    headline,
    sentences,
    short,
    short_path,
    shown_path,
)
from codesearch.report.lines import Indented, unwrapped
from codesearch.report.printable import printable
from indexer.corpus.names import display_path, system_path

MAX_CLASSES = 20
"""Classes printed unless all are asked for: what fits a few screens."""
MAX_MEMBERS = 5
"""Places printed per class, likewise; the rest are counted."""
MAX_MANIPULATIONS = 10
"""Likewise, of places that talk to the judge."""
FILE_WIDTH = 120
"""Columns of text that goes into a file."""

# The column of the places below a class's heading, and that of the remarks on it.
_INDENT = 6


@dataclass(frozen=True, slots=True)
class AuditTextOptions:
    """How to print.

    Attributes:
        limit: Classes shown; None shows all of them, and everything else that is cut.
        here: Folder from which places are shown, those outside it in full, as links that terminals open; None
            to show them relative to their corpus, without links.
    """

    limit: int | None = MAX_CLASSES
    here: Path | None = None


@dataclass(frozen=True, slots=True)
class TextReporter:
    """The summary as a file: no colours, no links."""

    options: AuditTextOptions = AuditTextOptions()
    name = "text"
    suffix = ".txt"

    def write(self, report: AuditReport, sources: AuditSources, out: TextIO) -> None:
        """Write it :data:`FILE_WIDTH` columns wide; places may be longer."""
        del sources
        console = Console(file=out, width=FILE_WIDTH, color_system=None, legacy_windows=False)
        console.print(render_audit(report, self.options), crop=False)


def render_audit(report: AuditReport, options: AuditTextOptions) -> RenderableType:
    """The whole summary; print it with ``crop=False``."""
    return Group(
        *_classes(report, options),
        *_totals(report),
        *_manipulations(report, options),
        *_verdict(report),
    )


def _classes(report: AuditReport, options: AuditTextOptions) -> Iterator[RenderableType]:
    shown = report.classes[: options.limit]
    for rank, found in enumerate(shown, start=1):
        yield from render_class(report, found, options, rank)
        yield Text()
    left = len(report.classes) - len(shown)
    if left:
        yield Text(
            f"{counted(left, 'more class')}: -v shows all, -f html -o report.html makes a page of them.\n",
            style="dim",
        )


def render_class(
    report: AuditReport, found: CloneClass, options: AuditTextOptions, rank: int | None = None
) -> Iterator[RenderableType]:
    """One class with its places and what may be done about it; numbered where it has a rank."""
    yield _heading(rank, found)
    yield from _members(report, found, options)
    yield Indented(
        Text(sentences(explained(found), f"Suggestion: {advice(report, found)}"), style="dim"), _INDENT
    )


def _heading(rank: int | None, found: CloneClass) -> Text:
    line = unwrapped(f"{'' if rank is None else rank:>4}  ").append(str(found.clone_type), style="bold green")
    line.append(f" {found.probability:>4.0%}  ").append(headline(found), style="bold")
    if found.role is not Role.SOURCE:
        line.append(f"  {found.role}", style="cyan")
    line.append(f"  {printable(found.id)}", style="dim")
    return line.append("  new", style="bold yellow") if found.new else line


def _members(report: AuditReport, found: CloneClass, options: AuditTextOptions) -> Iterator[RenderableType]:
    shown = found.members if options.limit is None else found.members[:MAX_MEMBERS]
    for member in shown:
        place, lines = member.place, f"{member.place.start_line}-{member.place.end_line}"
        line = unwrapped(" " * _INDENT).append_text(_place(report, place, lines, options))
        if member.name:
            line.append(f"  {short(member.name)}", style="bold")
        # Where all of a class is new, its heading says so.
        if member.new and not all(other.new for other in found.members):
            line.append("  new", style="bold yellow")
        yield line
    left = found.members[len(shown) :]
    if left:
        new = sum(member.new for member in left)
        news = f", {new:,} of them new" if new and new < len(found.members) else ""
        yield Indented(Text(f"and in {counted(len(left), 'more place')}{news}", style="dim"), _INDENT)


def _place(report: AuditReport, place: Place, lines: str, options: AuditTextOptions) -> Text:
    root = report.roots.get(place.corpus)
    if options.here is None or root is None:
        shown = short_path(shown_path(report, place.corpus, place.path))
        return Text(f"{shown}:{lines}", style="blue")
    path = Path(root, system_path(place.path)).absolute()
    seen = path.relative_to(options.here) if path.is_relative_to(options.here) else path
    name = printable(display_path(str(seen)))
    return Text(f"{name}:{lines}", style=Style(color="blue", link=path.as_uri()))


def _totals(report: AuditReport) -> Iterator[RenderableType]:
    summary = report.summary
    where = f"in {counted(summary.files, 'file')}"
    if not summary.classes:
        yield Text(f"No clone classes {where}, {counted(summary.lines, 'line')}.", style="bold")
    else:
        yield Text.assemble(
            (counted(summary.classes, "clone class"), "bold"),
            f" {where}: {summary.duplicated_lines:,} of {counted(summary.lines, 'line')} duplicated, ",
            (f"{summary.duplication_percent:.2f} %", "bold"),
        )
    if summary.by_type:
        types = ", ".join(f"{kind} {count:,}" for kind, count in sorted(summary.by_type.items()))
        yield Text(f"  by type: {types}")
    yield from _roles(report)
    hidden = report.hidden
    if hidden.ignored_members or hidden.accepted_classes:
        yield Text(
            f"  hidden: {counted(hidden.ignored_members, 'place')} by comments, "
            f"{counted(hidden.accepted_classes, 'accepted class')}"
        )
    if hidden.rejected_members:
        yield Text(f"  hidden: {counted(hidden.rejected_members, 'place')} by your own verdicts")
    if hidden.judged_classes:
        yield Text(f"  hidden: {counted(hidden.judged_classes, 'class')} that the judge takes for none")
    if report.fixed is not None:
        new = sum(found.new for found in report.classes)
        yield Text(f"  against the baseline: {new:,} new, {len(report.fixed):,} fixed")


def _roles(report: AuditReport) -> Iterator[RenderableType]:
    """A line per role, and how to see the classes of one whose classes are not reported."""
    reported = {found.role for found in report.classes}
    for role in Role:
        counts = report.summary.by_role.get(role)
        if counts is None or not counts.files:
            continue
        line = Text(f"  {role}: {counts.duplicated_lines:,} of {counted(counts.lines, 'line')}")
        line.append(f" ({counts.duplication_percent:.2f} %), {counted(counts.classes, 'class')}")
        if counts.classes and role not in reported:
            line.append(f"; --role {role} shows {'it' if counts.classes == 1 else 'them'}", style="dim")
        yield line


def _manipulations(report: AuditReport, options: AuditTextOptions) -> Iterator[RenderableType]:
    found = report.manipulations
    if not found:
        return
    yield Text(f"{manipulations_headline(report)}:", style="yellow")
    shown = found if options.limit is None else found[:MAX_MANIPULATIONS]
    for one in shown:
        line = unwrapped("  ").append_text(_place(report, one.place, str(one.place.start_line), options))
        yield line.append(f"  {short(one.kind)}  ").append(short(one.excerpt), style="dim")
    if len(found) > len(shown):
        yield Text(f"  and {len(found) - len(shown):,} more", style="dim")


def _verdict(report: AuditReport) -> Iterator[RenderableType]:
    if report.degraded:
        notes = ", ".join(short(note) for note in report.degraded)
        yield Text(f"Did not run as configured: {notes}.", style="yellow")
    if report.gate.passed:
        return
    yield Text("The gate is closed:", style="bold red")
    for reason in report.gate.reasons:
        yield Indented(Text(short(reason, MAX_SENTENCE)), 2)
