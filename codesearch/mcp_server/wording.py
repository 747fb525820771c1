"""How answers call things: short, one line each, nothing that a terminal would act on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from codesearch.core.results import Decision, Evidence, EvidenceKind, FragmentMatches
from codesearch.report.audit_wording import MAX_SENTENCE, counted, short
from codesearch.report.printable import printable_code
from codesearch.report.text import VERDICT_WORDS

MAX_LINE = 160
"""Characters of a line of code; minified code has lines of a megabyte."""
MAX_LINES = 60
"""Lines of one excerpt."""
MAX_EXCERPT = 4000
"""Characters of one excerpt: two of them and a page of places are some 5,000 tokens."""


Excerpt = tuple[int, Sequence[str]]
"""The number of a first line, and the lines from there on."""


def verdict_text(decision: Decision) -> str:
    """Such as ``clone T2 100%``."""
    word = VERDICT_WORDS[decision.verdict]
    kind = "" if decision.clone_type is None else f" {decision.clone_type}"
    return f"{word}{kind} {decision.probability:.0%}"


def reason_text(decision: Decision) -> str:
    """Why, and who says so where that is a model, which may be wrong in ways of its own."""
    reason = short(decision.explanation, MAX_SENTENCE)
    return f"{reason} [{short(decision.decided_by)}]" if ":" in decision.decided_by else reason


def fragment_text(fragment: FragmentMatches) -> str:
    """Such as ``lines 4-12 loadRows``."""
    name = f" {short(fragment.name)}" if fragment.name else ""
    return f"lines {fragment.start_line}-{fragment.end_line}{name}"


def degraded_text(degraded: Sequence[str]) -> str:
    """What did not run as configured; empty where all did."""
    told = [short(note) for note in degraded if note != "judge:not-configured"]
    return f"Did not run as configured: {', '.join(told)}." if told else ""


def code_line(line: str) -> str:
    """A printable line of source, its end cut."""
    shown = printable_code(line[: MAX_LINE + 1])
    return shown if len(shown) <= MAX_LINE else f"{shown[: MAX_LINE - 1]}…"


def joined(*parts: str) -> str:
    """Parts on lines of their own, empty ones left out."""
    return "\n".join(part for part in parts if part)


def excerpt(lines: Iterable[str], rest: str) -> Iterator[str]:
    """The first lines within :data:`MAX_LINES` and :data:`MAX_EXCERPT`; then how many more there are.

    Args:
        lines: Ready to be shown.
        rest: How to see what is left out, behind its count.
    """
    left_lines, left = MAX_LINES, MAX_EXCERPT
    more = 0
    for line in lines:
        left_lines, left = left_lines - 1, left - len(line) - 1
        if left_lines < 0 or left < 0:
            more += 1
        else:
            yield line
    if more:
        yield f"… {counted(more, 'more line')}: {rest}"


def aligned_lines(ours: Excerpt, theirs: Excerpt, evidence: Sequence[Evidence]) -> Iterator[str]:
    """Two fragments as one text: lines of ours as they are, ``-`` and ``+`` before those that differ.

    Args:
        ours: First line number and lines of the one side.
        theirs: Likewise of the other.
        evidence: Their aligned lines, ``query_lines`` being ours.
    """
    for row in evidence:
        if row.kind in {EvidenceKind.EQUAL, EvidenceKind.CITED}:
            yield from _side("  ", ours, row.query_lines)
            continue
        yield from _side("- ", ours, row.query_lines)
        yield from _side("+ ", theirs, row.match_lines)


def _side(sign: str, excerpt: Excerpt, lines: tuple[int, int] | None) -> Iterator[str]:
    first, text = excerpt
    if lines is not None:
        for line in text[lines[0] - first : lines[1] - first + 1]:
            yield f"{sign}{code_line(line)}"
