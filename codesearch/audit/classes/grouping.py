"""Clone classes from candidate pairs: who joins a class matches the class, not one neighbour.

Joining by connected components chains: A is like B, B like C, and at the end of the chain nothing is alike.
So a class grows one content at a time, and whoever joins is compared with several members, spread over the
class. The order of the pairs decides alone, so the result is the same however it is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product

WITNESSES = 6
"""Members that a newcomer is compared with at most. It bounds the work of a class of 50,000 near copies."""

MOST = 0.5
"""Share of the pairs between a newcomer, or another class, and the witnesses that are clones at least
(average linkage). Two thirds lose 1.3 points of recall of BigCloneBench's ST3 pairs: docs/adr/0007."""

IsClone = Callable[[int, int], bool]


def group_contents(pairs: Iterable[tuple[int, int]], is_clone: IsClone) -> list[list[int]]:
    """Classes of contents, each ascending, in order of their first content; a content is in at most one.

    Args:
        pairs: Candidate pairs, most alike first.
        is_clone: Verifies a pair.
    """
    growing = _Growing(is_clone)
    for first, second in pairs:
        growing.offer(first, second)
    return sorted(sorted(members) for members in growing.classes.values())


class _Growing:
    """Classes while they grow."""

    def __init__(self, is_clone: IsClone) -> None:
        self.classes: dict[int, list[int]] = {}
        self._class_of: dict[int, int] = {}
        self._is_clone = is_clone
        self._refused: set[tuple[int, int]] = set()

    def offer(self, first: int, second: int) -> None:
        """Consider one pair: a new class, one more member, or two classes made one."""
        ours, theirs = self._class_of.get(first), self._class_of.get(second)
        if ours is None and theirs is None:
            if self._is_clone(first, second):
                self.classes[first] = [first, second]
                self._class_of[first] = self._class_of[second] = first
        elif ours is None or theirs is None:
            newcomer, partner = (first, second) if ours is None else (second, first)
            number = self._class_of[partner]
            if self._is_clone(newcomer, partner) and self._share([newcomer], self.classes[number]) >= MOST:
                self.classes[number].append(newcomer)
                self._class_of[newcomer] = number
        elif ours != theirs:
            self._merge(ours, theirs)

    def _merge(self, ours: int, theirs: int) -> None:
        """Make two classes one when most pairs between them are clones."""
        large, small = sorted((ours, theirs), key=lambda number: (-len(self.classes[number]), number))
        if (large, small) in self._refused:
            return
        if self._share(self.classes[small], self.classes[large]) < MOST:
            self._refused.add((large, small))
            return
        members = self.classes.pop(small)
        self.classes[large] += members
        for member in members:
            self._class_of[member] = large

    def _share(self, ours: list[int], theirs: list[int]) -> float:
        """Share of the pairs between two classes that are clones, as far as their witnesses tell."""
        pairs = list(product(_spread(ours), _spread(theirs)))
        return sum(self._is_clone(first, second) for first, second in pairs) / len(pairs)


def _spread(members: list[int]) -> list[int]:
    """At most ``WITNESSES`` members, the first among them, in even steps."""
    step = -(-len(members) // WITNESSES)
    return members[::step]
