"""Approximate search for large segments: an inverted file with seeded centroids over rows of signed bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import faiss
import numpy as np

from codesearch.core.types import F32, I64, Mask
from indexer.embedding.stored import Stored
from indexer.vectors.flat import as_cosines, bitmap, rounded
from indexer.vectors.recall import RecallProbe, even_sample, row_blocks
from indexer.vectors.threads import threads_for

SEED = 1729  # any constant: equal rows give equal centroids on every machine and run
TRAINING_ROWS_PER_CENTROID = 64  # FAISS asks for 39 to 256
RECALL_TARGET = 0.97
SELECTIVE = 0.1  # a filter that leaves less may leave nothing in the nearest lists, so all are probed


class IvfIndex:
    """Rows are assigned to centroids trained on an even sample of them; a search probes the nearest few
    lists.
    """

    def __init__(self, dim: int, centroids: int, probes: int = 1) -> None:
        self._quantizer = faiss.IndexFlatIP(dim)
        self._index = faiss.IndexIVFScalarQuantizer(
            self._quantizer,
            dim,
            centroids,
            faiss.ScalarQuantizer.QT_8bit_direct_signed,
            faiss.METRIC_INNER_PRODUCT,
            False,  # rows are stored as they are; residuals would have to be rounded again
        )
        self._index.cp.seed = SEED
        self._index.nprobe = probes

    @classmethod
    def build(cls, rows: Stored) -> tuple[Self, float]:
        """Train on the rows, add them, choose the number of probes; returns the index and its recall@10."""
        count, dim = rows.shape
        centroids = centroids_for(count)
        index = cls(dim, centroids)
        sample = even_sample(rows, max(centroids * TRAINING_ROWS_PER_CENTROID, 1))
        index._index.train(sample.astype(np.float32))
        for _, block in row_blocks(rows):
            index._index.add(block)
        return index, index._tune(RecallProbe.of(rows))

    def _tune(self, probe: RecallProbe) -> float:
        """Double the probes until recall against exact search reaches the target; returns the recall."""
        while True:
            recall = probe.recall(self)
            if recall >= RECALL_TARGET or self._index.nprobe >= self._index.nlist:
                return recall
            self._index.nprobe = min(2 * self._index.nprobe, self._index.nlist)

    @property
    def size(self) -> int:
        """Number of rows."""
        return int(self._index.ntotal)

    def add(self, vectors: F32) -> None:
        """Append float32 [n, dim] rows, rounded as a segment stores them; the centroids must be trained.

        Raises:
            EnvironmentFailure: A vector is not finite.
        """
        self._index.add(rounded(vectors))

    def search(self, queries: F32, k: int, allowed: Mask | None = None) -> tuple[F32, I64]:
        """Scores float32 [q, k] and rows int64 [q, k], best first; padded with -inf and -1.

        Raises:
            EnvironmentFailure: A query is not finite.
        """
        parameters = faiss.SearchParametersIVF(nprobe=self._index.nprobe)
        if allowed is not None:
            if np.count_nonzero(allowed) < SELECTIVE * len(allowed):
                parameters.nprobe = self._index.nlist
            selector = bitmap(allowed)  # named, because the parameters do not own it
            parameters.sel = selector
        with threads_for(len(queries)):
            return as_cosines(*self._index.search(rounded(queries), k, params=parameters))

    def save(self, path: Path) -> None:
        """Write FAISS's own file."""
        faiss.write_index(self._index, str(path))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file that :meth:`save` wrote here; the lists stay on disk until they are probed."""
        index = cls.__new__(cls)
        index._index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
        return index


def centroids_for(rows: int) -> int:
    """Lists of so many rows: twice the root; four times took three times as long to build for nothing."""
    return max(int(2 * np.sqrt(rows)), 1)


def structure_bytes(rows: int, dim: int) -> int:
    """What the structure takes: rows, their numbers and centroids."""
    return rows * (dim + 8) + 4 * dim * centroids_for(rows)
