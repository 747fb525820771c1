"""Pairs of positions as one 64-bit integer each: sorting, counting and joining them is what joins do most."""

from __future__ import annotations

import numpy as np

from codesearch.core.types import I64, U64
from indexer.normal.distinct import sorted_distinct

_BITS = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


def pack_pairs(first: I64, second: I64) -> U64:
    """uint64 [p]: unordered pairs of positions below 2^32, the smaller one in the upper half."""
    left, right = np.minimum(first, second), np.maximum(first, second)
    return (left.astype(np.uint64) << _BITS) | right.astype(np.uint64)


def unpack_pairs(packed: U64) -> tuple[I64, I64]:
    """The smaller and the larger position of each pair, int64 [p]."""
    return (packed >> _BITS).astype(np.int64), (packed & _LOW).astype(np.int64)


def count_pairs(packed: U64) -> tuple[U64, I64]:
    """The distinct pairs, ascending, and how often each occurs; ``packed`` is sorted in place."""
    packed.sort()
    edges = np.flatnonzero(np.concatenate(([True], packed[1:] != packed[:-1], [True])))
    if not len(packed):
        return packed, np.empty(0, np.int64)
    return packed[edges[:-1]], np.diff(edges)


def join_pairs(*parts: U64) -> U64:
    """The distinct pairs of all parts, ascending."""
    return sorted_distinct(np.concatenate(parts))
