"""Evidence about two fragments to the rows of a side-by-side view, with every line of both on it once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from codesearch.core.results import Evidence, EvidenceKind


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
    """One row.

    Attributes:
        kind: How its lines relate; None where no evidence names them: blank lines, comments, imports.
        left: 0-based offset of the line on the left, None when there is none.
        right: Likewise on the right.
    """

    kind: EvidenceKind | None
    left: int | None
    right: int | None


def identical_rows(count: int) -> list[Row]:
    """Two sides of ``count`` lines that have the same text."""
    return [Row(EvidenceKind.EQUAL, line, line) for line in range(count)]


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


def _compared(evidence: Sequence[Evidence], left: Side, right: Side) -> Iterator[Row]:
    """Rows of the evidence.

    Ranges overlap where one line aligns with several: every line stands where it is first.
    """
    done: tuple[set[int], set[int]] = set(), set()
    for entry in evidence:
        ours = _unseen(left.offsets(entry.query_lines), done[0])
        theirs = _unseen(right.offsets(entry.match_lines), done[1])
        for one, other in zip_longest(ours, theirs):
            yield Row(entry.kind, one, other)


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
    return [Row(None, one, other) for one, other in zip_longest(left, right)]
