"""The embedder that needs no training: IDF-weighted hashed n-grams, sketched into a fixed number of
dimensions.

Features are present or absent, not counted (that took MAP@R on POJ-104 validation from .57 to .60),
weighted by an IDF fitted once on the open training sets, and folded into ``dim`` dimensions by a sparse
random projection (``SPREAD`` signed entries per feature; Kane and Nelson, "Sparser Johnson-Lindenstrauss
transforms", 2014). The mean of the training vectors is taken away, because what all code shares says
nothing about clones.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from codesearch.core.types import F32, I64, U64, Fragment
from indexer.embedding.ngrams import BUCKETS, FeatureRows, extract_features
from indexer.embedding.unit import unit_rows

SPREAD = 4  # one entry per feature lost .01 MAP@R on AtCoder validation
_SEED = np.uint64(0x5851F42D4C957F2D)
_ROWS_PER_BLOCK = 2048  # bounds the projection's index arrays to about 50 MB


class HashedNgramEmbedder:
    """Loads ``idf.npy`` (float32 [BUCKETS]) and ``mean.npy`` (float32 [dim]) from a model folder."""

    def __init__(self, model_id: str, folder: Path) -> None:
        self._id = model_id
        self.idf: F32 = np.load(folder / "idf.npy").astype(np.float32)
        self._mean: F32 = np.load(folder / "mean.npy").astype(np.float32)

    @property
    def id(self) -> str:
        """Model id; part of every stored vector's identity."""
        return self._id

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return len(self._mean)

    def embed(self, fragments: Sequence[Fragment]) -> F32:
        """float32 [n, dim], rows L2-normalised; a fragment without features gives the first unit vector."""
        rows = extract_features(fragments)
        vectors = project(rows, self.idf, self.dim)
        present = np.diff(rows.starts) > 0
        vectors[present] -= self._mean
        vectors[~present, 0] = 1
        return unit_rows(vectors)


def projection(buckets: I64, dim: int) -> tuple[I64, F32]:
    """Columns int64 [m, SPREAD] and signs float32 [m, SPREAD] of features in the fixed random projection."""
    entries = (buckets[:, None] * SPREAD + np.arange(SPREAD)).astype(np.uint64)
    state: U64 = entries * np.uint64(0x9E3779B97F4A7C15) + _SEED
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)  # splitmix64
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    state ^= state >> np.uint64(31)
    signs = np.where(state >> np.uint64(63), 1.0, -1.0).astype(np.float32)
    return (state % np.uint64(dim)).astype(np.int64), signs


def project(rows: FeatureRows, idf: F32, dim: int) -> F32:
    """float32 [n, dim], rows L2-normalised: the IDF-weighted features folded into ``dim`` dimensions."""
    # A query has a few thousand features, for which the table of all would take longer than everything else.
    table = projection(np.arange(BUCKETS), dim) if len(rows.buckets) > BUCKETS else None
    count = len(rows.starts) - 1
    vectors = np.zeros((count, dim), np.float32)
    for first in range(0, count, _ROWS_PER_BLOCK):
        last = min(first + _ROWS_PER_BLOCK, count)
        buckets = rows.buckets[rows.starts[first] : rows.starts[last]]
        owners = np.repeat(np.arange(last - first), np.diff(rows.starts[first : last + 1]))
        columns, signs = projection(buckets, dim) if table is None else (table[0][buckets], table[1][buckets])
        cells = (owners[:, None] * dim + columns).ravel()
        weights = (idf[buckets, None] * signs).ravel()
        summed = np.bincount(cells, weights, minlength=(last - first) * dim)
        vectors[first:last] = summed.reshape(-1, dim)
    return unit_rows(vectors)
