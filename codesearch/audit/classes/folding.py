"""One finding where several overlap: the methods of a copied class are not findings of their own."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator

from codesearch.audit.classes.intervals import LineRanges
from codesearch.audit.classes.parts import Group, Part

SAME_LINES = 0.8  # parts that share this much of both are one place


def _size(group: Group) -> tuple[int, int, bool, list[tuple[int, int, int, int, int]]]:
    """Longest part first, then most parts, whole fragments, and the places."""
    longest = max(part.end_line - part.start_line for part in group)
    places = [(part.file, part.start_line, part.end_line, part.first, part.last) for part in group]
    return -longest, -len(group), not group[0].whole, places


def folded(groups: Iterable[Group]) -> list[Group]:
    """Groups without those that another one tells already, largest first.

    A group is left out when one other group has, for each of its parts, a part of its own that holds most of
    it. One that stands in a further place stays as a whole: it says more than the larger one.
    """
    kept = _Kept()
    for group in sorted(groups, key=_size):
        if not kept.tells(group):
            kept.add(group)
    return kept.groups


class _Kept:
    """Groups that stay, found by the lines of their parts."""

    def __init__(self) -> None:
        self.groups: list[Group] = []
        self._parts: dict[int, LineRanges[tuple[int, Part]]] = defaultdict(LineRanges)  # with their groups

    def add(self, group: Group) -> None:
        """Keep a group."""
        number = len(self.groups)
        self.groups.append(group)
        for part in group:
            self._parts[part.file].add(part.start_line, part.end_line, (number, part))

    def tells(self, group: Group) -> bool:
        """Whether one group that was added holds every part of this one in a part of its own."""
        holders: dict[int, set[Part]] | None = None
        for part in group:
            around: dict[int, set[Part]] = defaultdict(set)
            for number, holder in self._holders(part):
                around[number].add(holder)
            if holders is None:
                holders = around
            else:
                holders = {
                    number: holders[number] | found for number, found in around.items() if number in holders
                }
            if not holders:
                return False
        return any(len(found) >= len(group) for found in (holders or {}).values())

    def _holders(self, part: Part) -> Iterator[tuple[int, Part]]:
        """Parts of the file that hold most of this one, with their groups."""
        least = math.ceil(SAME_LINES * (part.end_line - part.start_line + 1))
        for start, end, held in self._parts[part.file].near(part.start_line, part.end_line, least):
            if min(part.end_line, end) - max(part.start_line, start) + 1 >= least:
                yield held
