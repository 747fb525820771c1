"""Pairs of contents whose embeddings stand out: candidates for Type-4 and other languages.

Two contents are a pair when each is among the nearest of the other, and when their cosine stands out from
what either has with code of the other's language and size at random. A plain threshold fits no corpus: in
one everything is alike, in another nothing is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from codesearch.core.device import CPU, Device
from codesearch.core.protocols import VectorIndex
from codesearch.core.types import F32, F64, I64, U64
from codesearch.core.workers import HERE, Workers, cut_evenly
from indexer.embedding.stored import Stored, row_cosines
from indexer.vectors.self_join import join_structure, nearest_batches
from retriever.joins.near_miss import CandidatePairs
from retriever.joins.pairs import pack_pairs, unpack_pairs

NEAREST = 8  # neighbours of a content that may be its clones; its copies are one content already
SAMPLE = 256  # contents of one language and size that stand for all of them
SIZES = (80, 200)  # tokens at which contents are of another size
STANDS_OUT = 4.0  # standard deviations above the mean of random pairs
LEAST_COSINE = 0.5
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


def dense_pairs(
    rows: Stored, strata: Strata, ties: Sequence[bytes], workers: Workers = HERE, device: Device = CPU
) -> CandidatePairs:
    """Mutual neighbours that stand out, most alike first.

    Args:
        rows: int8 [n, dim], stored vectors.
        strata: Of the rows.
        ties: Key of each content: the sample and equal scores do not depend on the order of the rows.
        workers: Do it, a range of rows against all at a time.
        device: Where neighbours are looked for; GPUs do it faster than many workers.
    """
    if not len(rows):
        return CandidatePairs(*(np.empty(0, np.int64),) * 2, np.empty(0, np.float32))
    ranges = cut_evenly(len(rows), workers.parts)
    neighbourhood = rows, join_structure(rows, device)
    searching = HERE if device.gpus else workers
    left, right = unpack_pairs(_twice(searching.map(_proposed, neighbourhood, ranges)))
    background = rows, _samples(strata, ties)
    mean, deviation = map(np.concatenate, zip(*workers.map(_background, background, ranges), strict=True))
    cosines = row_cosines(rows[left], rows[right])
    kept = cosines >= LEAST_COSINE
    for ours, theirs in ((left, strata.number[right]), (right, strata.number[left])):
        kept &= cosines >= mean[ours, theirs] + STANDS_OUT * deviation[ours, theirs]
    left, right, cosines = left[kept], right[kept], cosines[kept]
    order = np.lexsort((right, left, -cosines))
    return CandidatePairs(left[order], right[order], cosines[order].astype(np.float32))


def _proposed(neighbourhood: tuple[Stored, VectorIndex], asking: tuple[int, int]) -> U64:
    """Packed pairs of a range of rows with what is nearest to each."""
    rows, structure = neighbourhood
    found = [np.empty(0, np.uint64)]
    for batch in nearest_batches(structure, rows, NEAREST, range(*asking)):
        ours = np.repeat(np.arange(batch.first, batch.first + len(batch.rows)), batch.rows.shape[1])
        theirs = batch.rows.ravel()
        found.append(pack_pairs(ours[theirs >= 0], theirs[theirs >= 0]))
    return np.concatenate(found)


def _twice(proposed: Iterable[U64]) -> U64:
    """Pairs that both sides name, ascending."""
    packed = np.sort(np.concatenate(list(proposed)))
    twice: U64 = packed[1:][packed[1:] == packed[:-1]]
    return twice


def _samples(strata: Strata, ties: Sequence[bytes]) -> Sequence[I64]:
    """Rows that stand for each stratum."""
    order = np.array(sorted(range(len(ties)), key=ties.__getitem__), np.int64)
    return [order[strata.number[order] == stratum][:SAMPLE] for stratum in range(strata.count)]


def _background(rows_and_samples: tuple[Stored, Sequence[I64]], chosen: tuple[int, int]) -> tuple[F32, F32]:
    """Mean and standard deviation of the cosines of a range of rows with each sample, [rows, samples]."""
    rows, samples = rows_and_samples
    first, last = chosen
    mean = np.empty((last - first, len(samples)), np.float32)
    deviation = np.empty_like(mean)
    for stratum, sample in enumerate(samples):
        # Products of signed bytes add up to less than 2^24: exact in float32, whatever the order.
        theirs = rows[sample].astype(np.float32).T
        for begin in range(first, last, _BLOCK):
            end = min(begin + _BLOCK, last)
            products = rows[begin:end].astype(np.float32) @ theirs
            cosines = products / _lengths(rows[begin:end])[:, None] / _lengths(rows[sample])[None, :]
            mean[begin - first : end - first, stratum] = cosines.mean(axis=1)
            deviation[begin - first : end - first, stratum] = cosines.std(axis=1)
    return mean, deviation


def _lengths(rows: Stored) -> F64:
    """float64 [n]."""
    squares = (rows.astype(np.int32) ** 2).sum(axis=1, dtype=np.int64)
    lengths: F64 = np.maximum(np.sqrt(squares), 1.0)
    return lengths
