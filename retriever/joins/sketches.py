"""Sketches of contents: what two of them have in common can be told from a few bytes each.

MinHash (Broder 1997, "On the resemblance and containment of documents") estimates the overlap of n-gram sets;
histograms of hashed tokens bound from above how many tokens two contents can have in common.
"""

from __future__ import annotations

import numpy as np

from codesearch.core.types import F64, I64, U8, U32, U64
from retriever.joins.contents import TokenBlock
from retriever.joins.grams import RowGrams
from retriever.joins.pairs import join_pairs, pack_pairs

HASHES = 64  # the estimate's standard error is at most 1 / (2 · sqrt(64)) = .06
ORDERS = 16
"""Hash functions by whose minimum contents are sorted to find neighbours. A pair that shares half of its
n-grams (Jaccard 1/3) meets in at least one with probability .998, if nothing stands between the two."""
REACH = 2  # neighbours to either side in such an order
BINS = 128
_TO_BIN = np.uint64(64 - 7)


def minhash(grams: RowGrams) -> U32:
    """uint32 [n, HASHES]: the least value of each hash function over a content's n-grams; 0 without any."""
    seeds = np.random.default_rng(0).integers(1, 1 << 32, HASHES, dtype=np.uint64).astype(np.uint32) | 1
    signatures = np.zeros((len(grams.starts) - 1, HASHES), np.uint32)
    filled = np.flatnonzero(grams.counts)
    if not len(filled):
        return signatures
    for number, seed in enumerate(seeds):
        mixed = grams.values * seed
        mixed ^= mixed >> np.uint32(15)
        mixed *= np.uint32(0x2C1B3C6D)  # from Chris Wellon's hash-prospector, low bias
        mixed ^= mixed >> np.uint32(12)
        signatures[filled, number] = np.minimum.reduceat(mixed, grams.starts[filled])
    return signatures


def resemblance(signatures: U32, left: I64, right: I64) -> F64:
    """float64 [p]: estimated Jaccard similarity of the n-grams of each pair."""
    equal = np.zeros(len(left), np.int64)
    for number in range(signatures.shape[1]):
        column = np.ascontiguousarray(signatures[:, number])
        equal += column[left] == column[right]
    shares: F64 = equal / signatures.shape[1]
    return shares


def neighbours(signatures: U32, sizes: I64, rows: I64) -> U64:
    """Packed pairs that stand near each other when contents are sorted by a minimum, ascending.

    Args:
        signatures: From :func:`minhash`.
        sizes: int64 [n], tokens; neighbours of equal minimum are those of like size.
        rows: int64 [m], positions that have n-grams.
    """
    found = []
    for number in range(ORDERS):
        first, second = signatures[rows, number], signatures[rows, number + ORDERS]
        order = rows[np.lexsort((sizes[rows], second, first))]
        for step in range(1, REACH + 1):
            left, right = order[:-step], order[step:]
            same = signatures[left, number] == signatures[right, number]
            found.append(pack_pairs(left[same], right[same]))
    return join_pairs(*found)


class TokenHistograms:
    """uint8 [n, BINS]: tokens by bin of their hash, 255 where there are more; filled block by block."""

    def __init__(self, count: int) -> None:
        self.values = np.zeros((count, BINS), np.uint8)

    def add(self, block: TokenBlock) -> None:
        """Count the tokens of a block's contents."""
        rows = len(block.starts) - 1
        cells = (block.owners - block.first) * BINS + (block.named >> _TO_BIN).astype(np.int64)
        counts = np.bincount(cells, minlength=rows * BINS).reshape(rows, BINS)
        self.values[block.first : block.first + rows] = np.minimum(counts, 255)


def common_tokens(histograms: U8, left: I64, right: I64) -> I64:
    """int64 [p]: at most so many tokens can two contents have in common; no bound where a bin is full."""
    common = np.empty(len(left), np.int64)
    for first in range(0, len(left), 1 << 16):
        part = slice(first, first + (1 << 16))
        ours, theirs = histograms[left[part]], histograms[right[part]]
        full = (ours == 255) & (theirs == 255)
        sums = np.minimum(ours, theirs).sum(axis=1, dtype=np.int64)
        common[part] = np.where(full.any(axis=1), np.iinfo(np.int64).max, sums)
    return common
