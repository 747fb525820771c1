"""Winnowed n-grams of many contents at once, and the pairs that share the rare ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from codesearch.core.types import I32, I64, U32, U64
from indexer.normal.compressed import entries_of
from indexer.normal.distinct import sorted_distinct
from indexer.normal.winnow import gram_hashes
from retriever.joins.contents import Contents, TokenBlock, cut_ranges
from retriever.joins.pairs import count_pairs

_BITS = np.uint64(32)
_LOOKED_UP = 1 << 16  # pairs whose n-grams are looked up at a time, some dozens for each
_MOST_PAIRS = 1 << 22  # pairs counted at a time, 32 MB and five times that while they are made


@dataclass(frozen=True, slots=True)
class RowGrams:
    """Distinct n-grams of every content, in compressed-row form.

    Attributes:
        starts: int64 [n + 1].
        values: uint32 [m], ascending within a content.
    """

    starts: I64
    values: U32

    @property
    def counts(self) -> I64:
        """int64 [n]."""
        return np.diff(self.starts)

    @property
    def owners(self) -> I64:
        """int64 [m]: the content of each entry."""
        return np.repeat(np.arange(len(self.starts) - 1), self.counts)

    def shared(self, left: I64, right: I64) -> I64:
        """int64 [p]: how many n-grams the contents of each pair have in common."""
        keys = (self.owners.astype(np.uint64) << _BITS) | self.values
        shared = np.zeros(len(left), np.int64)
        for first in range(0, len(left), _LOOKED_UP):
            part = slice(first, first + _LOOKED_UP)
            # Looks the smaller content's n-grams up among those of the larger.
            swap = self.counts[left[part]] > self.counts[right[part]]
            few, many = np.where(swap, right[part], left[part]), np.where(swap, left[part], right[part])
            places, pairs = entries_of(self.starts, few)
            wanted = (many[pairs].astype(np.uint64) << _BITS) | self.values[places]
            found = np.searchsorted(keys, wanted)
            equal = keys[np.minimum(found, len(keys) - 1)] == wanted
            shared[part] = np.bincount(pairs[equal], minlength=len(few))
        return shared


class Winnowing:
    """Of every ``window`` consecutive n-grams of a column the one with the smallest hash, block by block.

    A content shorter than ``length + window - 1`` tokens has none.
    """

    def __init__(self, column: Callable[[TokenBlock], U64], length: int, window: int) -> None:
        self._column = column
        self._length = length
        self._window = window
        self._parts = [np.empty(0, np.uint64)]

    def add(self, block: TokenBlock) -> None:
        """Take the contents of a block; blocks come in order."""
        hashes = (gram_hashes(self._column(block), self._length) >> _BITS).astype(np.uint32)
        if len(hashes) < self._window:
            return
        owners = block.owners
        smallest = sliding_window_view(hashes, self._window).min(axis=1)
        inside = owners[: len(smallest)] == owners[self._length + self._window - 2 :]
        keys = (owners[: len(smallest)][inside].astype(np.uint64) << _BITS) | smallest[inside]
        self._parts.append(sorted_distinct(keys))

    def grams(self, count: int) -> RowGrams:
        """The n-grams of all ``count`` contents."""
        keys = np.concatenate(self._parts)
        counts = np.bincount((keys >> _BITS).astype(np.int64), minlength=count)
        return RowGrams(np.concatenate(([0], np.cumsum(counts))), keys.astype(np.uint32))


def winnowed(contents: Contents, column: Callable[[TokenBlock], U64], length: int, window: int) -> RowGrams:
    """Winnowed n-grams of a column of all contents."""
    winnowing = Winnowing(column, length, window)
    for block in contents.blocks():
        winnowing.add(block)
    return winnowing.grams(len(contents))


def pairs_of_rare(grams: RowGrams, most: int, share: float) -> U64:
    """Packed pairs, ascending, of contents that have enough rare n-grams in common.

    Args:
        grams: Of every content.
        most: An n-gram in more contents than this is boilerplate and proposes nothing: it bounds the pairs
            that one n-gram can make.
        share: Rare n-grams in common over those of the side that has more, at least.
    """
    order = np.argsort(grams.values, kind="stable")
    values, owners = grams.values[order], grams.owners[order].astype(np.int32)
    edges = np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1], [True])))
    sizes = np.diff(edges) if len(values) else np.empty(0, np.int64)
    rare = np.bincount(owners[np.repeat(sizes <= most, sizes)], minlength=len(grams.starts) - 1)
    proposing = (sizes > 1) & (sizes <= most)
    return _counted(_Lists.of(owners[np.repeat(proposing, sizes)], sizes[proposing], len(rare)), rare, share)


@dataclass(frozen=True, slots=True)
class _Lists:
    """Lists of ascending positions that share something, one after the other.

    Attributes:
        owners: int32 [e], the positions.
        followers: int64 [e], entries behind each in its list: the pairs that it leads.
        order: int64 [e], the entries by position.
        starts: int64 [n + 1], where the entries of each position begin in ``order``.
    """

    owners: I32
    followers: I64
    order: I64
    starts: I64

    @classmethod
    def of(cls, owners: I32, sizes: I64, count: int) -> _Lists:
        """Lists of ``sizes`` among ``count`` positions."""
        followers = np.repeat(np.cumsum(sizes), sizes) - np.arange(1, len(owners) + 1)
        starts = np.concatenate(([0], np.cumsum(np.bincount(owners, minlength=count))))
        return cls(owners, followers, np.argsort(owners, kind="stable"), starts)

    @property
    def led(self) -> I64:
        """int64 [n]: pairs, with repeats, in which each position is the smaller one."""
        ends = np.concatenate(([0], np.cumsum(self.followers[self.order])))
        return np.diff(ends[self.starts])

    def pairs(self, low: int, high: int) -> U64:
        """Packed pairs within every list, the smaller position in ``low`` up to ``high``, with repeats."""
        entries = self.order[self.starts[low] : self.starts[high]]
        counts = self.followers[entries]
        ends = np.cumsum(counts)
        # Counts up from the entry behind each one.
        places = np.arange(counts.sum()) + np.repeat(entries + 1 - (ends - counts), counts)
        packed = np.repeat(self.owners[entries].astype(np.uint64) << _BITS, counts)
        packed |= self.owners[places].astype(np.uint64)
        return packed


def _counted(lists: _Lists, rare: I64, share: float) -> U64:
    """Pairs that share enough, counted for a range of left sides at a time."""
    found = [np.empty(0, np.uint64)]
    for low, high in cut_ranges(lists.led, _MOST_PAIRS):
        packed, counts = count_pairs(lists.pairs(low, high))
        left, right = (packed >> _BITS).astype(np.int64), packed.astype(np.uint32).astype(np.int64)
        found.append(packed[counts >= share * np.maximum(rare[left], rare[right])])
    return np.concatenate(found)
