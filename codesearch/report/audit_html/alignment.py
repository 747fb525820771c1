"""Evidence about two members to the rows of a side-by-side view, with every line of both on it once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from codesearch.core.results import Evidence, EvidenceKind

UNCOMPARED = 0
"""Kind of a row that no evidence names: blank lines, comments, imports."""
KINDS = {
    EvidenceKind.EQUAL: 1,
    EvidenceKind.RENAMED: 2,
    EvidenceKind.CHANGED: 3,
    EvidenceKind.ADDED: 4,
    EvidenceKind.REMOVED: 5,
    EvidenceKind.CITED: 6,
}


@dataclass(frozen=True, slots=True)
class Side:
    """One side's lines: ``first`` is the 1-based number of the first, ``count`` how many are shown."""

    first: int
    count: int

    def offsets(self, lines: tuple[int, int] | None) -> range:
        """0-based positions of a 1-based inclusive line range, those that are not shown left out."""
        if lines is None:
            return range(0)
        return range(max(lines[0] - self.first, 0), min(lines[1] - self.first + 1, self.count))


@dataclass(frozen=True, slots=True)
class Row:
    """One row: 0-based line offsets, None on the side that has nothing."""

    kind: int
    left: int | None
    right: int | None


def identical_rows(count: int) -> list[Row]:
    """Two sides of ``count`` lines that have the same text."""
    return [Row(KINDS[EvidenceKind.EQUAL], line, line) for line in range(count)]


def aligned_rows(evidence: Sequence[Evidence], left: Side, right: Side) -> list[Row]:
    """All lines of both sides: compared ones as the evidence says, the others where they stand among them.

    Without evidence every line is uncompared, and the sides run in parallel.
    """
    compared = list(_compared(evidence, left, right))
    seen_left = {row.left for row in compared}
    seen_right = {row.right for row in compared}
    loose_left = [line for line in range(left.count) if line not in seen_left]
    loose_right = [line for line in range(right.count) if line not in seen_right]
    rows: list[Row] = []
    for row in compared:
        rows += _uncompared(_taken(loose_left, row.left), _taken(loose_right, row.right))
        rows.append(row)
    return rows + _uncompared(loose_left, loose_right)


def encoded_rows(rows: Sequence[Row]) -> list[int]:
    """Four numbers for each run of rows that go on alike: kind, first offsets of both sides, number of rows.

    The offset of a side that has nothing is -1.
    """
    numbers: list[int] = []
    for row in rows:
        left, right = _number(row.left), _number(row.right)
        if numbers:
            kind, first_left, first_right, length = numbers[-4:]
            if (
                kind == row.kind
                and _goes_on(first_left, left, length)
                and _goes_on(first_right, right, length)
            ):
                numbers[-1] += 1
                continue
        numbers += (row.kind, left, right, 1)
    return numbers


def _compared(evidence: Sequence[Evidence], left: Side, right: Side) -> Iterator[Row]:
    """Rows of the evidence.

    Ranges overlap where one line aligns with several: every line stands where it is first.
    """
    done: tuple[set[int], set[int]] = set(), set()
    for entry in evidence:
        ours = _unseen(left.offsets(entry.query_lines), done[0])
        theirs = _unseen(right.offsets(entry.match_lines), done[1])
        for one, other in zip_longest(ours, theirs):
            yield Row(KINDS[entry.kind], one, other)


def _unseen(offsets: range, seen: set[int]) -> list[int]:
    fresh = [offset for offset in offsets if offset not in seen]
    seen.update(fresh)
    return fresh


def _taken(loose: list[int], before: int | None) -> list[int]:
    """Removes from ``loose``, which rises, and returns what comes before a line."""
    if before is None:
        return []
    count = bisect_left(loose, before)
    taken = loose[:count]
    del loose[:count]
    return taken


def _uncompared(left: Sequence[int], right: Sequence[int]) -> list[Row]:
    return [Row(UNCOMPARED, one, other) for one, other in zip_longest(left, right)]


def _number(offset: int | None) -> int:
    return -1 if offset is None else offset


def _goes_on(first: int, line: int, length: int) -> bool:
    return line == (-1 if first == -1 else first + length)
