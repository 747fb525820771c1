"""Ranges of lines of one file, found by the lines that they hold."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator
from typing import Generic, TypeVar

Value = TypeVar("Value")


class LineRanges(Generic[Value]):
    """Values by first and last line, apart by the power of two under their length: one range of a whole file
    does not make every short one a neighbour of all others.
    """

    def __init__(self) -> None:
        self._by_length: dict[int, list[tuple[int, int, Value]]] = defaultdict(list)

    def add(self, first: int, last: int, value: Value) -> None:
        """Remember a value; lines are inclusive."""
        insort(self._by_length[(last - first).bit_length()], (first, last, value), key=_first)

    def near(self, first: int, last: int, least: int) -> Iterator[tuple[int, int, Value]]:
        """Ranges with their lines: all that have at least ``least`` lines in common with these, and some of
        others as long that stand close by.
        """
        for length in range((least - 1).bit_length(), max(self._by_length, default=-1) + 1):
            ranges = self._by_length.get(length, [])
            begin = bisect_left(ranges, first + least - (1 << length), key=_first)
            yield from ranges[begin : bisect_right(ranges, last - least + 1, key=_first)]


def _first(entry: tuple[int, int, object]) -> int:
    return entry[0]
