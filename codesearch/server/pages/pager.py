"""Long lists of pages in parts, with links to the parts before and after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pager:
    """Which part of a list is shown.

    Attributes:
        offset: Items before it.
        before: Address of the part before; None on the first one.
        after: Address of the part after; None on the last one.
        at: Such as ``51–100 of 210``.
    """

    offset: int
    before: str | None
    after: str | None
    at: str


def pages(address: Callable[[int], str], offset: int, size: int, total: int) -> Pager:
    """The part that begins at or before ``offset``; the last one where that is beyond the end.

    Args:
        address: Of the part that begins at an offset.
        offset: What was asked for.
        size: Items in a part.
        total: Items altogether.
    """
    first = min(offset, max(0, total - 1)) // size * size
    end = min(first + size, total)
    return Pager(
        offset=first,
        before=address(first - size) if first else None,
        after=address(end) if end < total else None,
        at=f"{first + 1:,}–{end:,} of {total:,}",
    )
