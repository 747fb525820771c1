"""Pairs of contents that may be near misses of each other (Type-3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesearch.core.types import F32, F64, I64, U8, U32, U64
from codesearch.core.workers import HERE, Workers, cut_evenly
from retriever.joins.grams import pairs_of_rare
from retriever.joins.pairs import join_pairs, unpack_pairs
from retriever.joins.sketches import Sketches, common_tokens, neighbours, resemblance

MOST = 60
"""Contents that share an n-gram which still proposes pairs. On CPython's library 100 doubles the pairs that
are counted; with the sorted neighbours, 60 connects 99.7 % of what a search for each content finds."""
SHARE = 0.1  # of the rare n-grams; .15 loses 2 % of the pairs
PARTNERS = 16  # kept per content, the most alike first; 32 verifies 6 % more pairs and connects no more
_SLACK = 0.12  # two standard errors of the MinHash estimate
_LEAST_OVERLAP = 0.15
_MOST_PAIRS = 1 << 22  # estimated at a time, some 100 bytes each


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


def near_miss_pairs(sketches: Sketches, least: float, workers: Workers = HERE) -> CandidatePairs:
    """Pairs whose overlap of n-grams times share of common tokens may reach ``least``.

    Long and rare n-grams of shapes find copies with other names, short and rare n-grams of names find small
    ones, and sorted MinHashes find members of large families, in which nothing is rare.

    Args:
        sketches: Of what is joined.
        least: Lower bound of the product for a clone.
        workers: Do it.
    """
    rare = [pairs_of_rare(kind, MOST, SHARE, workers) for kind in (sketches.shapes, sketches.names)]
    filled = np.flatnonzero(sketches.grams.counts)
    near = neighbours(sketches.signatures, sketches.sizes, filled, workers)
    pairs = join_pairs(*rare, near)
    estimating = _Estimating(
        pairs, sketches.sizes, sketches.grams.counts, sketches.signatures, sketches.histograms, least
    )
    ranges = cut_evenly(len(pairs), max(workers.parts, len(pairs) // _MOST_PAIRS))
    likely = zip(*workers.map(_likely, estimating, ranges), strict=True)
    left, right, estimate = map(np.concatenate, likely)
    return _best(left, right, estimate)


@dataclass(frozen=True, slots=True)
class _Estimating:
    """Pairs, and what tells how much their sides have in common; as in :class:`.Sketches`."""

    pairs: U64
    sizes: I64
    counts: I64
    signatures: U32
    histograms: U8
    least: float


def _likely(of: _Estimating, chosen: tuple[int, int]) -> tuple[I64, I64, F32]:
    """The pairs of a range that may reach the least product, ascending, with the estimate of it."""
    left, right = unpack_pairs(of.pairs[slice(*chosen)])
    longer = np.maximum(of.sizes[left], of.sizes[right])
    # No more can align than the shorter one has.
    alike = np.minimum(of.sizes[left], of.sizes[right]) >= of.least * longer
    left, right, longer = left[alike], right[alike], longer[alike]
    overlap = _overlap(of.counts, resemblance(of.signatures, left, right), left, right)
    likely = overlap >= _LEAST_OVERLAP
    left, right, longer, overlap = left[likely], right[likely], longer[likely], overlap[likely]
    agreement = np.minimum(common_tokens(of.histograms, left, right) / longer, 1.0)
    likely = np.minimum(overlap + _SLACK, 1.0) * agreement >= of.least
    return left[likely], right[likely], (overlap * agreement)[likely].astype(np.float32)


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
