"""Work that is done in parts: in this process, or wherever the parts are sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Protocol, TypeVar

Common = TypeVar("Common")
Part = TypeVar("Part")
Answer = TypeVar("Answer")


class Workers(Protocol):
    """Runs a function over the parts of some work.

    Whoever hands out work cuts it so that what comes back, put together, is the same for any number of parts.
    """

    @property
    def parts(self) -> int:
        """Into how many parts work is best cut, at least 1."""
        ...

    def map(
        self, function: Callable[[Common, Part], Answer], common: Common, parts: Iterable[Part]
    ) -> Iterator[Answer]:
        """``function(common, part)`` for every part, in their order, only a few ahead of what is taken.

        Args:
            function: Of a module, so that other processes find it; only its arguments decide its answer.
            common: What every part needs; it travels once.
            parts: Small values.
        """
        ...


class ThisProcess:
    """Does one part after the other, here.

    Args:
        parts: Into how many parts work is cut.
    """

    def __init__(self, parts: int = 1) -> None:
        self.parts = parts

    def map(
        self, function: Callable[[Common, Part], Answer], common: Common, parts: Iterable[Part]
    ) -> Iterator[Answer]:
        """Each part when its answer is asked for."""
        return (function(common, part) for part in parts)


HERE = ThisProcess()
"""All work in one part."""


def cut_evenly(count: int, parts: int) -> Sequence[tuple[int, int]]:
    """``count`` items as at most ``parts`` ranges of at least one item, in order; one empty range of none."""
    parts = max(min(parts, count), 1)
    edges = [count * number // parts for number in range(parts + 1)]
    return list(pairwise(edges))
