"""Vectors like those of real code, as many as wanted: fitted to the embeddings of the standard library.

The rows of the library fall into clusters. A new row is the centre of a cluster plus a blend, at a random
angle, of what two of its members differ from it by: the blends of a cluster have the covariance of its
members, and at small angles a row is nearly one of them, as clones are.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from codesearch.core.types import F32, I64
from indexer.embedding.stored import Stored, as_stored, as_vectors
from indexer.embedding.unit import unit_rows

CLUSTERS = 512
BLOCK = 1 << 16  # rows made at once; rows of a seed do not depend on how many are made


@dataclass(frozen=True, slots=True)
class RowSource:
    """Makes rows.

    Attributes:
        centres: float32 [c, dim].
        members: float32 [n, dim], real rows less their centres, those of one cluster together.
        starts: int64 [c + 1], where each cluster's begin.
        seed: Of all draws.
    """

    centres: F32
    members: F32
    starts: I64
    seed: int

    @classmethod
    def fitted(cls, rows: Stored, seed: int) -> Self:
        """To stored rows int8 [n, dim]."""
        import faiss

        vectors = unit_rows(as_vectors(rows))
        kmeans = faiss.Kmeans(vectors.shape[1], CLUSTERS, niter=10, seed=seed)
        kmeans.train(vectors)
        cluster = kmeans.index.search(vectors, 1)[1][:, 0]
        order = np.argsort(cluster, kind="stable")
        starts = np.searchsorted(cluster[order], np.arange(CLUSTERS + 1)).astype(np.int64)
        return cls(kmeans.centroids, vectors[order] - kmeans.centroids[cluster[order]], starts, seed)

    def write(self, path: Path, count: int) -> None:
        """Write the first ``count`` rows as ``.npy``, a block at a time."""
        shape = count, self.centres.shape[1]
        rows = np.lib.format.open_memmap(path, mode="w+", dtype=np.int8, shape=shape)
        for number, first in enumerate(range(0, count, BLOCK)):
            rows[first : first + BLOCK] = self.block(number)[: count - first]
        rows.flush()

    def block(self, number: int) -> Stored:
        """int8 [BLOCK, dim]: a block of rows; any number gives other ones."""
        random = np.random.default_rng((self.seed, number))
        anchor = random.integers(len(self.members), size=BLOCK)  # large clusters get more rows
        cluster = np.searchsorted(self.starts, anchor, "right") - 1
        sizes = np.diff(self.starts)[cluster]
        other = self.starts[cluster] + random.integers(0, 1 << 62, BLOCK) % sizes
        angle = random.uniform(0, np.pi / 2, (BLOCK, 1)).astype(np.float32)
        blend = np.cos(angle) * self.members[anchor] + np.sin(angle) * self.members[other]
        return as_stored(unit_rows(self.centres[cluster] + blend))
