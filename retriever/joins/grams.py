"""Winnowed n-grams of many contents at once, and the pairs that share the rare ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from codesearch.core.types import F64, I32, I64, U32, U64
from codesearch.core.workers import HERE, Workers
from indexer.normal.compressed import entries_of
from indexer.normal.distinct import sorted_distinct
from indexer.normal.winnow import gram_hashes
from retriever.joins.contents import TokenBlock, cut_ranges
from retriever.joins.pairs import count_pairs, unpack_pairs

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

    @classmethod
    def joined(cls, parts: Sequence[RowGrams]) -> RowGrams:
        """Of the contents of all parts, at least one, in order."""
        counts = np.concatenate([part.counts for part in parts])
        starts = np.concatenate(([0], np.cumsum(counts)))
        return cls(starts, np.concatenate([part.values for part in parts]))

    def overlap(self, left: I64, right: I64) -> F64:
        """float64 [p]: n-grams that both sides of each pair have over those of the side with more."""
        more = np.maximum(self._counts_of(left), self._counts_of(right))
        overlap: F64 = self.shared(left, right) / np.maximum(more, 1)
        return overlap

    def overlap_of(self, first: int, second: int) -> float:
        """The same of one pair."""
        ours, theirs = (self.values[self.starts[at] : self.starts[at + 1]] for at in (first, second))
        return len(np.intersect1d(ours, theirs, assume_unique=True)) / max(len(ours), len(theirs), 1)

    def shared(self, left: I64, right: I64) -> I64:
        """int64 [p]: how many n-grams the contents of each pair have in common."""
        shared = np.zeros(len(left), np.int64)
        for first in range(0, len(left), _LOOKED_UP):
            part = slice(first, first + _LOOKED_UP)
            shared[part] = self._shared(left[part], right[part])
        return shared

    def _shared(self, left: I64, right: I64) -> I64:
        """Looks the smaller content's n-grams up among those of the larger."""
        swap = self._counts_of(left) > self._counts_of(right)
        few, many = np.where(swap, right, left), np.where(swap, left, right)
        larger, number = np.unique(many, return_inverse=True)
        places, owners = entries_of(self.starts, larger)
        keys = (owners.astype(np.uint64) << _BITS) | self.values[places]
        places, pairs = entries_of(self.starts, few)
        wanted = (number[pairs].astype(np.uint64) << _BITS) | self.values[places]
        found = np.searchsorted(keys, wanted)
        equal = keys[np.minimum(found, len(keys) - 1)] == wanted
        return np.bincount(pairs[equal], minlength=len(few))

    def _counts_of(self, contents: I64) -> I64:
        counts: I64 = self.starts[contents + 1] - self.starts[contents]
        return counts


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


def pairs_of_rare(grams: RowGrams, most: int, share: float, workers: Workers = HERE) -> U64:
    """Packed pairs, ascending, of contents that have enough rare n-grams in common.

    N-grams are listed by classes of their hashes, pairs are counted by ranges of their smaller side: what is
    rare, and what a pair shares, is known over the whole.

    Args:
        grams: Of every content.
        most: An n-gram in more contents than this is boilerplate and proposes nothing: it bounds the pairs
            that one n-gram can make.
        share: Rare n-grams in common over those of the side that has more, at least.
        workers: Do it.
    """
    count, parts = len(grams.starts) - 1, workers.parts
    classes = ((number, parts) for number in range(parts))
    owners, sizes, rare = zip(*workers.map(_listed, (grams, most), classes), strict=True)
    sharing = _Sharing(
        _Lists.of(np.concatenate(owners), np.concatenate(sizes), count), np.sum(rare, axis=0), share
    )
    led = sharing.lists.led
    ranges = cut_ranges(led, min(_MOST_PAIRS, int(led.sum()) // parts + 1))
    return np.concatenate([np.empty(0, np.uint64), *workers.map(_counted, sharing, ranges)])


def _listed(grams_and_most: tuple[RowGrams, int], chosen: tuple[int, int]) -> tuple[I32, I64, I64]:
    """The contents that share each rare n-gram, of those whose hash leaves a remainder.

    Args:
        grams_and_most: As :func:`pairs_of_rare` has them.
        chosen: The remainder and the divisor.

    Returns:
        Positions int32 [e], ascending within each n-gram; contents of each n-gram, int64, more than one; rare
        n-grams of each content, int64 [n], those that no other content has too.
    """
    grams, most = grams_and_most
    remainder, divisor = chosen
    owners = grams.owners.astype(np.int32)
    values = grams.values
    if divisor > 1:
        here = values % np.uint32(divisor) == remainder
        owners, values = owners[here], values[here]
    order = np.argsort(values, kind="stable")
    values, owners = values[order], owners[order]
    edges = np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1], [True])))
    sizes = np.diff(edges) if len(values) else np.empty(0, np.int64)
    rare = np.bincount(owners[np.repeat(sizes <= most, sizes)], minlength=len(grams.starts) - 1)
    proposing = (sizes > 1) & (sizes <= most)
    return owners[np.repeat(proposing, sizes)], sizes[proposing], rare


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


@dataclass(frozen=True, slots=True)
class _Sharing:
    """What contents share.

    Attributes:
        lists: Those that share each rare n-gram.
        rare: int64 [n], rare n-grams of each content.
        share: Of them in common, over those of the side that has more, at least.
    """

    lists: _Lists
    rare: I64
    share: float


def _counted(sharing: _Sharing, left_sides: tuple[int, int]) -> U64:
    """The pairs of a range of left sides that share enough, ascending."""
    packed, counts = count_pairs(sharing.lists.pairs(*left_sides))
    left, right = unpack_pairs(packed)
    enough: U64 = packed[counts >= sharing.share * np.maximum(sharing.rare[left], sharing.rare[right])]
    return enough
