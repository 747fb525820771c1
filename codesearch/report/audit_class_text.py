"""One clone class for a person at a terminal: every place, what varies, and the code side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rich.console import Group, RenderableType
from rich.text import Text

from codesearch.core.audit import AuditReport, AuditSources, CloneClass, Member
from codesearch.report.audit_text import AuditTextOptions, render_class
from codesearch.report.audit_wording import MAX_SENTENCE, counted, place_text, short
from codesearch.report.lines import Indented
from codesearch.report.printable import printable_code
from codesearch.report.side_by_side import LEGEND, Excerpt, side_by_side

MOST_SIDES = 5  # members shown beside the first one; the places of all are listed


def render_clone_class(
    report: AuditReport, found: CloneClass, sources: AuditSources, options: AuditTextOptions
) -> RenderableType:
    """The class and its code; print it with ``crop=False``."""
    first, *others = found.members
    parts: list[RenderableType] = [*render_class(report, found, replace(options, limit=None))]
    parts.append(Text(f"\nDecided by {short(found.decided_by)}{_precedents(found)}"))
    if found.variation.skeleton:
        lines = "\n".join(printable_code(line) for line in found.variation.skeleton)
        parts += [Text("\nIn common:"), Indented(Text(lines, style="dim"), 2)]
    shown = _distinct(first, others)
    for other in shown[:MOST_SIDES]:
        parts += [Text(), *_sides(report, first, other, sources)]
    if len(shown) > MOST_SIDES:
        parts.append(
            Text(f"{counted(len(shown) - MOST_SIDES, 'more place')} differ from the first", style="dim")
        )
    if shown:
        parts.append(Text(LEGEND, style="dim"))
    return Group(*parts)


def _precedents(found: CloneClass) -> str:
    if not found.precedents:
        return ""
    return short(f", with precedents {', '.join(found.precedents)}", MAX_SENTENCE)


def _distinct(first: Member, others: list[Member]) -> list[Member]:
    """The members that are no copies of the first one or of each other; one copy where all are."""
    by_content = {member.content: member for member in reversed(others)}
    differing = [member for member in others if by_content[member.content] is member]
    return [member for member in differing if member.content != first.content] or differing


def _sides(
    report: AuditReport, first: Member, other: Member, sources: AuditSources
) -> Iterator[RenderableType]:
    yield Text(f"{place_text(report, first.place)} and {place_text(report, other.place)}", style="blue")
    ours, theirs = sources.lines(first), sources.lines(other)
    if ours is None or theirs is None:
        yield Text("the code has changed since; run the audit again", style="yellow")
        return
    excerpts = Excerpt(first.place.start_line, ours), Excerpt(other.place.start_line, theirs)
    yield Indented(side_by_side(*excerpts, sources.evidence(first, other)), 2)
