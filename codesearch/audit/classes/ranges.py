"""Classes of ranges of tokens from runs: who joins matches the first range of the class, not its neighbour.

Two runs rarely cover the very same tokens of a content. Joining whatever overlaps drifts: each run begins a
few tokens after the last one, and the last range of the class has nothing in common with the first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from retriever.joins.runs import Run

SAME_RANGE = 0.8  # ranges of tokens that overlap by this share of both are one place

IsCopy = Callable[[Run], bool]


@dataclass(slots=True, eq=False)
class Range:
    """Tokens ``first`` up to and excluding ``last`` of the content at a position.

    Attributes:
        number: Of all ranges in the order of their runs.
        shift: Tokens from a place in the first range of the class to the same place in this one.
        members: The ranges of the class, shared by all of them.
    """

    position: int
    first: int
    last: int
    number: int
    shift: int = 0
    members: list[Range] = field(default_factory=list)

    def is_same(self, first: int, last: int) -> bool:
        """Whether other tokens of the content are one place with these."""
        common = min(self.last, last) - max(self.first, first)
        return common >= SAME_RANGE * max(self.last - self.first, last - first)


def group_ranges(runs: Iterable[Run], is_copy: IsCopy) -> list[list[Range]]:
    """Classes of ranges, by their first run; no two ranges of a content are one place.

    Args:
        runs: Longest first or nearly so; their order alone decides.
        is_copy: Whether two ranges of equal length are copies of each other, given as if they were a run.
    """
    growing = _Growing(is_copy)
    for run in runs:
        growing.offer(run)
    return [members for members in growing.classes if members]


class _Growing:
    """Classes while they grow; one that was taken into another is empty."""

    def __init__(self, is_copy: IsCopy) -> None:
        self.classes: list[list[Range]] = []
        self._known: dict[int, list[Range]] = defaultdict(list)  # ranges that are in a class, by position
        self._is_copy = is_copy
        self._count = 0

    def offer(self, run: Run) -> None:
        """Consider one run: a new class, one more range, or two classes made one."""
        ours = self._place(run.left, run.first, run.length)
        theirs = self._place(run.right, run.second, run.length)
        if ours.members is theirs.members:
            return
        lag = run.second - run.first
        older, newer = ours, theirs
        if theirs.members[0].number < ours.members[0].number:
            older, newer, lag = theirs, ours, -lag
        moved = older.shift + lag - newer.shift
        if all(self._matches(older.members[0], found, found.shift + moved) for found in newer.members):
            self._join(older, newer, moved)

    def _place(self, position: int, first: int, length: int) -> Range:
        """The range of a class that these tokens are one place with, or one of its own."""
        last = first + length
        known = next((found for found in self._known[position] if found.is_same(first, last)), None)
        if known is not None:
            return known
        self._count += 1
        fresh = Range(position, first, last, self._count)
        fresh.members.append(fresh)
        return fresh

    def _matches(self, lead: Range, found: Range, shift: int) -> bool:
        """Whether a range is a copy of the first one of a class, from which it is shifted."""
        first, last = found.first - shift, found.last - shift
        if not lead.is_same(first, last):
            return False
        first, last = max(lead.first, first), min(lead.last, last)
        return self._is_copy(Run(lead.position, first, found.position, first + shift, last - first))

    def _join(self, older: Range, newer: Range, moved: int) -> None:
        """Take the class of one range into that of the other."""
        for found in (older, newer):
            if len(found.members) == 1:
                self._known[found.position].append(found)
        if len(older.members) == 1:
            self.classes.append(older.members)
        joining = newer.members
        for found in list(joining):
            found.shift += moved
            found.members = older.members
            older.members.append(found)
        joining.clear()
