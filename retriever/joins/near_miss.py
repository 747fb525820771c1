"""Pairs of contents that may be near misses of each other (Type-3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesearch.core.types import F32, F64, I64
from retriever.joins.contents import Contents
from retriever.joins.grams import RowGrams, Winnowing, pairs_of_rare
from retriever.joins.pairs import join_pairs, unpack_pairs
from retriever.joins.sketches import TokenHistograms, common_tokens, minhash, neighbours, resemblance

MOST = 60
"""Contents that share an n-gram which still proposes pairs. On CPython's library 100 doubles the pairs that
are counted; with the sorted neighbours, 60 connects 99.7 % of what a search for each content finds."""
SHARE = 0.1  # of the rare n-grams; .15 loses 2 % of the pairs
PARTNERS = 16  # kept per content, the most alike first; 32 verifies 6 % more pairs and connects no more
_SLACK = 0.12  # two standard errors of the MinHash estimate
_LEAST_OVERLAP = 0.15


@dataclass(frozen=True, slots=True)
class CandidatePairs:
    """Pairs of positions to verify, most alike first.

    Attributes:
        left: int64 [p], the smaller position.
        right: int64 [p].
        estimate: float32 [p], what the sketches say about the square of the textual strength.
    """

    left: I64
    right: I64
    estimate: F32

    def __len__(self) -> int:
        return len(self.left)


def near_miss_pairs(contents: Contents, grams: RowGrams, least: float) -> CandidatePairs:
    """Pairs whose overlap of n-grams times share of common tokens may reach ``least``.

    Long and rare n-grams of shapes find copies with other names, short and rare n-grams of names find small
    ones, and sorted MinHashes find members of large families, in which nothing is rare.

    Args:
        contents: What is joined.
        grams: Winnowed n-grams of the blind tokens of every content, those that verification counts.
        least: Lower bound of the product for a clone.
    """
    sizes = contents.sizes
    signatures = minhash(grams)
    shapes = Winnowing(lambda block: block.blind, 12, 6)
    names = Winnowing(lambda block: block.named, 4, 4)
    histograms = TokenHistograms(len(contents))
    for block in contents.blocks():
        for collector in (shapes, names, histograms):
            collector.add(block)
    rare = [pairs_of_rare(kind.grams(len(contents)), MOST, SHARE) for kind in (shapes, names)]
    near = neighbours(signatures, sizes, np.flatnonzero(grams.counts))
    left, right = unpack_pairs(join_pairs(*rare, near))
    longer = np.maximum(sizes[left], sizes[right])
    alike = np.minimum(sizes[left], sizes[right]) >= least * longer  # no more can align than the shorter has
    left, right, longer = left[alike], right[alike], longer[alike]
    overlap = _overlap(grams.counts, resemblance(signatures, left, right), left, right)
    likely = overlap >= _LEAST_OVERLAP
    left, right, longer, overlap = left[likely], right[likely], longer[likely], overlap[likely]
    agreement = np.minimum(common_tokens(histograms.values, left, right) / longer, 1.0)
    likely = np.minimum(overlap + _SLACK, 1.0) * agreement >= least
    return _best(left[likely], right[likely], (overlap * agreement)[likely].astype(np.float32))


def _overlap(counts: I64, jaccard: F64, left: I64, right: I64) -> F64:
    """Shared n-grams over those of the side that has more, from their Jaccard similarity."""
    ours, theirs = counts[left], counts[right]
    overlap: F64 = jaccard / (1 + jaccard) * (ours + theirs) / np.maximum(np.maximum(ours, theirs), 1)
    return overlap


def _best(left: I64, right: I64, estimate: F32) -> CandidatePairs:
    """Pairs among the ``PARTNERS`` best of either side, best first, ties by position."""
    sides = np.concatenate((left, right))
    order = np.lexsort((np.concatenate((right, left)), -np.tile(estimate, 2), sides))
    firsts = np.flatnonzero(np.concatenate(([True], np.diff(sides[order]) != 0)))[: len(order)]
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order)) - np.repeat(firsts, np.diff(np.append(firsts, len(order))))
    kept = np.minimum(ranks[: len(left)], ranks[len(left) :]) < PARTNERS
    left, right, estimate = left[kept], right[kept], estimate[kept]
    order = np.lexsort((right, left, -estimate))
    return CandidatePairs(left[order], right[order], estimate[order])
