"""The members of a class as columns: the first one's lines, and beside each what the others have there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from codesearch.audit.run import Audit
from codesearch.core.audit import Member
from codesearch.core.results import EvidenceKind
from codesearch.report.alignment import Row, Side, aligned_rows, identical_rows
from codesearch.server.pages.highlighting import highlighted_lines, shown_lines

MOST_ROWS = 400
"""Rows of the table; who reads more opens the file."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A line of one column: its number in the file, its code, and how it differs from the first column.

    Without a number there is no such line.
    """

    number: int | None = None
    code: Markup | None = None
    kind: str = ""


NOTHING = Cell()


@dataclass(frozen=True, slots=True)
class Columns:
    """A table of code: a row has a cell for every column."""

    rows: tuple[tuple[Cell, ...], ...]
    left_out: int


def aligned_columns(audit: Audit, members: Sequence[Member]) -> Columns | None:
    """The lines of some members beside those of the first; None when a file has changed since the audit."""
    texts = [audit.sources.lines(member) for member in members]
    known = [text for text in texts if text is not None]
    if len(known) < len(texts):
        return None
    sides = [_Column(member, _code(text, member)) for member, text in zip(members, known, strict=True)]
    first, *others = sides
    placed = [_placed(audit, first, other) for other in others]
    rows = [row for line in range(len(first.code) + 1) for row in _rows(first, line, others, placed)]
    return Columns(tuple(rows[:MOST_ROWS]), max(0, len(rows) - MOST_ROWS))


@dataclass(frozen=True, slots=True)
class _Column:
    member: Member
    code: Sequence[Markup]

    def cell(self, line: int, kind: str) -> Cell:
        return Cell(self.member.place.start_line + line, self.code[line], kind)

    @property
    def side(self) -> Side:
        return Side(self.member.place.start_line, len(self.code))


@dataclass(slots=True)
class _Placed:
    """Where the lines of a member go: beside lines of the first one, or before one of them."""

    beside: dict[int, Row] = field(default_factory=dict)
    before: defaultdict[int, list[Row]] = field(default_factory=lambda: defaultdict(list))


def _code(text: Sequence[str], member: Member) -> Sequence[Markup]:
    return highlighted_lines(shown_lines(text, dedented=True), member.language)


def _placed(audit: Audit, first: _Column, other: _Column) -> _Placed:
    if first.member.content == other.member.content and len(first.code) == len(other.code):
        rows = identical_rows(len(first.code))
    else:
        evidence = audit.sources.evidence(first.member, other.member)
        rows = aligned_rows(evidence, first.side, other.side)
    placed = _Placed()
    waiting: list[Row] = []
    for row in rows:
        if row.left is None:
            waiting.append(row)
            continue
        placed.beside[row.left] = row
        placed.before[row.left] += waiting
        waiting = []
    placed.before[len(first.code)] += waiting
    return placed


def _rows(
    first: _Column, line: int, others: Sequence[_Column], placed: Sequence[_Placed]
) -> Iterator[tuple[Cell, ...]]:
    """The rows that only others have before a line of the first member, then the row of that line."""
    added = [one.before[line] for one in placed]
    for depth in range(max(map(len, added), default=0)):
        yield (
            NOTHING,
            *(
                _other_cell(other, rows[depth] if depth < len(rows) else None)
                for other, rows in zip(others, added, strict=True)
            ),
        )
    if line < len(first.code):
        beside = [one.beside.get(line) for one in placed]
        cells = [_other_cell(other, row) for other, row in zip(others, beside, strict=True)]
        yield first.cell(line, _difference(beside)), *cells


def _other_cell(other: _Column, row: Row | None) -> Cell:
    return NOTHING if row is None or row.right is None else other.cell(row.right, str(row.kind or ""))


def _difference(beside: Sequence[Row | None]) -> str:
    """How a line of the first member differs from any other one."""
    kinds = {row.kind for row in beside if row is not None} - {None, EvidenceKind.EQUAL}
    if not kinds:
        return ""
    return str(EvidenceKind.RENAMED if kinds == {EvidenceKind.RENAMED} else EvidenceKind.CHANGED)
