"""Sketches of contents: what two of them have in common can be told from a few bytes each.

MinHash (Broder 1997, "On the resemblance and containment of documents") estimates the overlap of n-gram sets;
histograms of hashed tokens bound from above how many tokens two contents can have in common.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesearch.core.types import F64, I64, U8, U32, U64
from codesearch.core.workers import HERE, Workers
from indexer.normal.winnow import GRAM, WINDOW
from retriever.joins.contents import Contents, TokenBlock
from retriever.joins.grams import RowGrams, Winnowing
from retriever.joins.pairs import join_pairs, pack_pairs

HASHES = 64  # the estimate's standard error is at most 1 / (2 · sqrt(64)) = .06
ORDERS = 16
"""Hash functions by whose minimum contents are sorted to find neighbours. A pair that shares half of its
n-grams (Jaccard 1/3) meets in at least one with probability .998, if nothing stands between the two."""
REACH = 2  # neighbours to either side in such an order
BINS = 128
_TO_BIN = np.uint64(64 - 7)


@dataclass(frozen=True, slots=True)
class Sketches:
    """What is kept of every content, by position: some 600 bytes.

    Attributes:
        sizes: int64 [n], tokens.
        grams: Winnowed n-grams of the blind tokens, those that verification counts.
        shapes: Long ones.
        names: Short ones of the tokens with their names.
        signatures: uint32 [n, HASHES], of ``grams``.
        histograms: uint8 [n, BINS], of the tokens with their names.
    """

    sizes: I64
    grams: RowGrams
    shapes: RowGrams
    names: RowGrams
    signatures: U32
    histograms: U8


def sketch_contents(contents: Contents, workers: Workers = HERE) -> Sketches:
    """Sketches of all contents, each read once."""
    parts = list(workers.map(_sketched, contents, contents.cut(workers.parts)))
    return Sketches(
        np.concatenate([part.sizes for part in parts]),
        RowGrams.joined([part.grams for part in parts]),
        RowGrams.joined([part.shapes for part in parts]),
        RowGrams.joined([part.names for part in parts]),
        np.concatenate([part.signatures for part in parts]),
        np.concatenate([part.histograms for part in parts]),
    )


def _sketched(contents: Contents, positions: tuple[int, int]) -> Sketches:
    part = contents.part(*positions)
    kept = Winnowing(lambda block: block.blind, GRAM, WINDOW)
    shapes = Winnowing(lambda block: block.blind, 12, 6)
    names = Winnowing(lambda block: block.named, 4, 4)
    histograms = TokenHistograms(len(part))
    for block in part.blocks():
        for collector in (kept, shapes, names, histograms):
            collector.add(block)
    grams, long, short = (kind.grams(len(part)) for kind in (kept, shapes, names))
    return Sketches(part.sizes, grams, long, short, minhash(grams), histograms.values)


def minhash(grams: RowGrams) -> U32:
    """uint32 [n, HASHES]: the least value of each hash function over a content's n-grams; 0 without any."""
    seeds = np.random.default_rng(0).integers(1, 1 << 32, HASHES, dtype=np.uint64).astype(np.uint32) | 1
    signatures = np.zeros((len(grams.starts) - 1, HASHES), np.uint32, order="F")  # read by column
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


def neighbours(signatures: U32, sizes: I64, rows: I64, workers: Workers = HERE) -> U64:
    """Packed pairs that stand near each other when contents are sorted by a minimum, ascending.

    Args:
        signatures: From :func:`minhash`.
        sizes: int64 [n], tokens; neighbours of equal minimum are those of like size.
        rows: int64 [m], positions that have n-grams.
        workers: Do it, an order each.
    """
    return join_pairs(*workers.map(_neighbours, (signatures, sizes, rows), range(ORDERS)))


def _neighbours(contents: tuple[U32, I64, I64], number: int) -> U64:
    """Those in one order."""
    signatures, sizes, rows = contents
    first, second = signatures[rows, number], signatures[rows, number + ORDERS]
    order = np.lexsort((sizes[rows], second, first))
    minima, ordered = first[order], rows[order]
    found = []
    for step in range(1, REACH + 1):
        same = minima[:-step] == minima[step:]
        found.append(pack_pairs(ordered[:-step][same], ordered[step:][same]))
    return np.concatenate(found)


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
