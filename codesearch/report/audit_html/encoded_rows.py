"""The rows of an alignment as few numbers, which the page's script reads back."""

from __future__ import annotations

from collections.abc import Sequence

from codesearch.core.results import EvidenceKind
from codesearch.report.alignment import Row

KINDS = {
    None: 0,
    EvidenceKind.EQUAL: 1,
    EvidenceKind.RENAMED: 2,
    EvidenceKind.CHANGED: 3,
    EvidenceKind.ADDED: 4,
    EvidenceKind.REMOVED: 5,
    EvidenceKind.CITED: 6,
}


def encoded_rows(rows: Sequence[Row]) -> list[int]:
    """Four numbers for each run of rows that go on alike: kind, first offsets of both sides, number of rows.

    The offset of a side that has nothing is -1.
    """
    numbers: list[int] = []
    for row in rows:
        kind, left, right = KINDS[row.kind], _number(row.left), _number(row.right)
        if numbers:
            last_kind, first_left, first_right, length = numbers[-4:]
            if (
                kind == last_kind
                and _goes_on(first_left, left, length)
                and _goes_on(first_right, right, length)
            ):
                numbers[-1] += 1
                continue
        numbers += (kind, left, right, 1)
    return numbers


def _number(offset: int | None) -> int:
    return -1 if offset is None else offset


def _goes_on(first: int, line: int, length: int) -> bool:
    return line == (-1 if first == -1 else first + length)
