"""Which segment a content goes to when a run adds too many for one: ranges of its key, equally wide."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from indexer.segments.builder import Identity

SEGMENT_ROWS = 1 << 19  # building one takes about 2 GB; twice as many rows as search finds exactly


def key_ranges(ordered: Sequence[Identity], most: int) -> list[Sequence[Identity]]:
    """Contents in the order of their keys as consecutive runs of about ``most`` at most, none of them empty.

    Keys are hashes, so ranges of equal width hold about equally many. Their number is a power of two: a
    content more or less moves no other one to another range, unless it is the one that doubles it.
    """
    bits = max((len(ordered) - 1) // most, 0).bit_length()
    return [list(run) for _, run in groupby(ordered, lambda name: int.from_bytes(name[0][:4]) >> (32 - bits))]


def segment_names(run: int, count: int) -> list[str]:
    """Folder names of the segments that a run writes, in row order."""
    return [f"{run:08}"] if count == 1 else [f"{run:08}-{number:04}" for number in range(count)]
