"""Precedents for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from codesearch.core.feedback import Precedent, Side
from codesearch.core.results import Verdict
from codesearch.report.audit_wording import MAX_SENTENCE, short
from codesearch.report.lines import unwrapped
from codesearch.report.moments import shown_time
from codesearch.report.printable import printable

_WORDS = {Verdict.CLONE: ("clone", "bold green"), Verdict.NOT_CLONE: ("not a clone", "bold red")}
_SHOWN_DIGITS = 12  # of a content: enough to tell those of one user apart


def render_precedents(precedents: Sequence[Precedent]) -> RenderableType:
    """A few lines for each: the verdict, how both sides begin, and why."""
    if not precedents:
        return Text("no verdicts: give one with `codesearch feedback accept` or `reject`")
    return Group(*(line for precedent in precedents for line in _lines(precedent)))


def _lines(precedent: Precedent) -> Iterator[Text]:
    by = f"  by {printable(precedent.by)}" if precedent.by else ""
    yield unwrapped().append(*_WORDS[precedent.verdict]).append(f"  {shown_time(precedent.at)}{by}")
    for side in precedent.sides:
        yield unwrapped(f"   {side.content[:_SHOWN_DIGITS]} {side.language}  ").append(
            _beginning(side), "dim"
        )
    if precedent.reason:
        yield unwrapped(f"   {short(precedent.reason, MAX_SENTENCE)}")


def _beginning(side: Side) -> str:
    """The first line of code that is not blank."""
    return short(next((line.strip() for line in side.code.split("\n") if line.strip()), ""))
