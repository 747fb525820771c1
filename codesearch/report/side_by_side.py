"""A match's lines beside the query's: two columns, every row marked by a sign and a colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rich.table import Table
from rich.text import Text

from codesearch.core.results import Evidence, EvidenceKind
from codesearch.report.printable import printable_code

SIGNS = {
    EvidenceKind.EQUAL: ("=", "dim"),
    EvidenceKind.RENAMED: ("~", "cyan"),
    EvidenceKind.CHANGED: ("!", "yellow"),
    EvidenceKind.ADDED: ("+", "green"),
    EvidenceKind.REMOVED: ("-", "red"),
    EvidenceKind.CITED: (":", "magenta"),
}
"""Sign and colour of a row: the sign carries the meaning where there is no colour, or no eye for it."""

LEGEND = "= equal  ~ renamed  ! changed  + only in the match  - only in the query"
CITED_LEGEND = ": named by the judge as doing the same"
MAX_ROWS = 200
"""Rows printed per match; nobody compares more in a terminal."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines of one side; ``first`` is the 1-based number of the first of them."""

    first: int
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Row:
    query_line: int | None
    match_line: int | None
    sign: str
    style: str


def side_by_side(query: Excerpt, match: Excerpt, evidence: Sequence[Evidence]) -> Table:
    """The aligned lines of a pair; long lines are cut to the width at hand."""
    table = Table(box=None, show_header=False, expand=True, padding=(0, 1, 0, 0), pad_edge=False)
    numbers = max(len(str(query.first + len(query.lines))), len(str(match.first + len(match.lines))))
    for _ in range(2):
        table.add_column(width=numbers, justify="right", style="dim", no_wrap=True)
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        table.add_column(width=1, no_wrap=True)
    table.columns.pop()  # the sign stands between the sides, once
    left, right = _dedented(query), _dedented(match)
    rows = list(_rows(evidence))
    for row in rows[:MAX_ROWS]:
        table.add_row(
            str(row.query_line or ""),
            Text(left.get(row.query_line or 0, ""), style=row.style),
            Text(row.sign, style=row.style),
            str(row.match_line or ""),
            Text(right.get(row.match_line or 0, ""), style=row.style),
        )
    if len(rows) > MAX_ROWS:
        table.add_row("", Text(f"… {len(rows) - MAX_ROWS} more rows", style="dim"), "", "", "")
    return table


def _rows(evidence: Sequence[Evidence]) -> Iterator[_Row]:
    """One row per line, in the order of the evidence; a side that is shorter leaves blanks.

    Ranges overlap where one line aligns with several: every line is printed once, where it comes first.
    """
    printed: tuple[set[int], set[int]] = set(), set()
    for entry in evidence:
        sign, style = SIGNS[entry.kind]
        sides = zip((entry.query_lines, entry.match_lines), printed, strict=True)
        for query_line, match_line in zip_longest(*(_unprinted(lines, done) for lines, done in sides)):
            yield _Row(query_line, match_line, sign, style)


def _unprinted(lines: tuple[int, int] | None, printed: set[int]) -> list[int]:
    """The lines of a range that were not printed so far; now they are."""
    numbers = [] if lines is None else [n for n in range(lines[0], lines[1] + 1) if n not in printed]
    printed.update(numbers)
    return numbers


def _dedented(excerpt: Excerpt) -> dict[int, str]:
    """Printable lines by number, less the indentation they share: methods would waste half a column on it."""
    lines = [printable_code(line) for line in excerpt.lines]
    shared = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
    return {number: line[shared:] for number, line in enumerate(lines, start=excerpt.first)}
