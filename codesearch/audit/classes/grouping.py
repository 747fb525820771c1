"""Clone classes from candidate pairs: who joins a class matches the class, not one neighbour.

Joining by connected components chains: A is like B, B like C, and at the end of the chain nothing is alike.
So a class grows one content at a time, and whoever joins is compared with several members, spread over the
class. The order of the pairs decides alone, so the result is the same however it is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

WITNESSES = 6
"""Members that a newcomer is compared with at most. It bounds the work of a class of 50,000 near copies."""

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
            if self._is_clone(newcomer, partner) and self._fits(newcomer, self.classes[number]):
                self.classes[number].append(newcomer)
                self._class_of[newcomer] = number
        elif ours != theirs:
            self._merge(ours, theirs, first, second)

    def _merge(self, ours: int, theirs: int, first: int, second: int) -> None:
        """Make two classes one when the members of the smaller fit into the larger."""
        large, small = sorted((ours, theirs), key=lambda number: (-len(self.classes[number]), number))
        if (large, small) in self._refused:
            return
        members = self.classes[small]
        fits = self._is_clone(first, second) and all(
            self._fits(member, self.classes[large]) for member in _spread(members)
        )
        if not fits:
            self._refused.add((large, small))
            return
        self.classes[large] += members
        for member in members:
            self._class_of[member] = large
        del self.classes[small]

    def _fits(self, newcomer: int, members: list[int]) -> bool:
        """Whether a content is a clone of most of the members that stand for the class."""
        witnesses = _spread(members)
        agreeing = sum(self._is_clone(newcomer, witness) for witness in witnesses)
        return 3 * agreeing >= 2 * len(witnesses)


def _spread(members: list[int]) -> list[int]:
    """At most ``WITNESSES`` members, the first among them, in even steps."""
    step = -(-len(members) // WITNESSES)
    return members[::step]
