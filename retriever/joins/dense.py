"""Pairs of contents whose embeddings stand out: candidates for Type-4 and other languages.

Two contents are a pair when each is among the nearest of the other, and when their cosine stands out from
what either has with code of the other's language and size at random. A plain threshold fits no corpus: in
one everything is alike, in another nothing is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codesearch.core.types import F32, I64, U64
from indexer.embedding.stored import Stored, as_vectors, row_cosines
from retriever.joins.near_miss import CandidatePairs
from retriever.joins.pairs import pack_pairs, unpack_pairs

NEAREST = 8  # neighbours of a content that may be its clones; its copies are one content already
SAMPLE = 256  # contents of one language and size that stand for all of them
SIZES = (80, 200)  # tokens at which contents are of another size
STANDS_OUT = 4.0  # standard deviations above the mean of random pairs
LEAST_COSINE = 0.5
_EXACT_LIMIT = 60_000  # rows; beyond, an inverted file with seeded centroids proposes
_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class Strata:
    """Contents by language and size.

    Attributes:
        number: int64 [n], the stratum of each content.
        count: Number of strata.
    """

    number: I64
    count: int

    @classmethod
    def of(cls, languages: I64, tokens: I64) -> Strata:
        """Of language codes and token counts, int64 [n] each."""
        number = languages * (len(SIZES) + 1) + np.searchsorted(SIZES, tokens, "right")
        distinct, numbered = np.unique(number, return_inverse=True)
        return cls(numbered.astype(np.int64), len(distinct))


def dense_pairs(rows: Stored, strata: Strata, ties: Sequence[bytes]) -> CandidatePairs:
    """Mutual neighbours that stand out, most alike first.

    Args:
        rows: int8 [n, dim], stored vectors.
        strata: Of the rows.
        ties: Key of each content: the sample and equal scores do not depend on the order of the rows.
    """
    left, right = unpack_pairs(_mutual(rows))
    cosines = row_cosines(rows[left], rows[right])
    mean, deviation = _background(rows, strata, ties)
    kept = cosines >= LEAST_COSINE
    for ours, theirs in ((left, strata.number[right]), (right, strata.number[left])):
        kept &= cosines >= mean[ours, theirs] + STANDS_OUT * deviation[ours, theirs]
    left, right, cosines = left[kept], right[kept], cosines[kept]
    order = np.lexsort((right, left, -cosines))
    return CandidatePairs(left[order], right[order], cosines[order].astype(np.float32))


def _mutual(rows: Stored) -> U64:
    """Packed pairs of rows that are each among the nearest of the other, ascending."""
    from indexer.vectors.flat import FlatIndex  # faiss is loaded only where vectors are
    from indexer.vectors.ivf import IvfIndex

    index = FlatIndex.of(rows) if len(rows) <= _EXACT_LIMIT else IvfIndex.build(rows)[0]
    found = []
    for first in range(0, len(rows), _BLOCK):
        queries = np.arange(first, min(first + _BLOCK, len(rows)))
        _, nearest = index.search(as_vectors(rows[queries]), min(NEAREST + 1, len(rows)))
        asking = np.repeat(queries, nearest.shape[1])
        answer = nearest.ravel()
        valid = (answer >= 0) & (answer != asking)
        found.append(pack_pairs(asking[valid], answer[valid]))
    packed = np.sort(np.concatenate(found)) if found else np.empty(0, np.uint64)
    twice: U64 = packed[1:][packed[1:] == packed[:-1]]  # both sides name it
    return twice


def _background(rows: Stored, strata: Strata, ties: Sequence[bytes]) -> tuple[F32, F32]:
    """Mean and standard deviation of each row's cosine with random rows of each stratum, [n, strata]."""
    mean = np.empty((len(rows), strata.count), np.float32)
    deviation = np.empty_like(mean)
    order = np.array(sorted(range(len(rows)), key=ties.__getitem__), np.int64)
    lengths = np.maximum(np.sqrt((rows.astype(np.int32) ** 2).sum(axis=1, dtype=np.int64)), 1.0)
    for stratum in range(strata.count):
        sample = order[strata.number[order] == stratum][:SAMPLE]
        # Products of signed bytes add up to less than 2^24: exact in float32, whatever the order.
        theirs = rows[sample].astype(np.float32).T
        for first in range(0, len(rows), _BLOCK):
            part = slice(first, first + _BLOCK)
            products = rows[part].astype(np.float32) @ theirs
            cosines = products / lengths[part, None] / lengths[None, sample]
            mean[part, stratum] = cosines.mean(axis=1)
            deviation[part, stratum] = cosines.std(axis=1)
    return mean, deviation
