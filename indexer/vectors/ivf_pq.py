"""Search in a sixth of the memory: an inverted file of product codes proposes, the stored rows decide.

Jégou, Douze and Schmid, "Product quantization for nearest neighbor search", 2011. docs/adr/0010 says why
this one of FAISS's structures.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Self

import faiss
import numpy as np

from codesearch.core.types import F32, I64, Mask
from indexer.embedding.stored import Stored, as_stored
from indexer.vectors.flat import FlatIndex, as_cosines, bitmap, rounded
from indexer.vectors.ivf import RECALL_TARGET, SEED, SELECTIVE
from indexer.vectors.memory import UNBOUNDED
from indexer.vectors.recall import RecallProbe, even_sample, row_blocks
from indexer.vectors.threads import threads_for

CODED_TOGETHER = 8  # dimensions of one code byte; 16 need four times the shortlist, 4 twice the memory
ROWS_PER_CENTROID = 64  # FAISS asks for 39 to 256
_CODEBOOK_ROWS_PER_CODE = 64
_ITERATIONS = 10  # of k-means for codebooks; FAISS's 25 find no more neighbours
SHORTLIST = 128  # rows decided by their stored vectors beyond SHORTLIST_PER_RESULT times k, at the least
SHORTLIST_PER_RESULT = 3
_LONGEST = 4096
_FEW_ALLOWED = 16_384  # allowed rows that are compared one by one, in a ms; the lists could miss some
_BLOCK_BYTES = 1 << 24  # of candidates' vectors


class IvfPqIndex:
    """Lists of codes, read from disk where they are probed, over rows that are mapped as well.

    Scores are the exact inner products of the stored rows, equal ones in the order of rows: an approximate
    code decides only whether a row is looked at.

    Attributes:
        shortlist: Rows that are looked at for a search, beyond some for every result.
    """

    def __init__(self, rows: Stored, centroids: int) -> None:
        dim = rows.shape[1]
        bits = min(8, max(len(rows).bit_length() - 1, 1))  # a codebook is learnt from as many rows at least
        self._rows = rows
        self.shortlist = SHORTLIST
        self._quantizer = faiss.IndexFlatIP(dim)  # kept, because FAISS does not own it
        self._index = faiss.IndexIVFPQ(
            self._quantizer, dim, centroids, code_bytes(dim), bits, faiss.METRIC_INNER_PRODUCT
        )
        self._index.cp.seed = self._index.pq.cp.seed = SEED
        self._index.cp.max_points_per_centroid = ROWS_PER_CENTROID
        self._index.pq.cp.max_points_per_centroid = _CODEBOOK_ROWS_PER_CODE
        self._index.pq.cp.niter = _ITERATIONS

    @classmethod
    def build(cls, rows: Stored, training_bytes: int = UNBOUNDED.training_bytes) -> tuple[Self, float]:
        """Train on an even sample of the rows, add all, choose how thoroughly to search.

        Args:
            rows: int8 [n, dim]; may be mapped, and is read a block at a time.
            training_bytes: What the sample may take.

        Returns:
            The index and its recall@10.
        """
        index = cls(rows, centroids_for(len(rows)))
        wanted = max(index._index.nlist * ROWS_PER_CENTROID, 256 * _CODEBOOK_ROWS_PER_CODE)
        most = max(min(wanted, training_bytes // (4 * rows.shape[1])), index._index.nlist, 256)
        index._index.train(even_sample(rows, most).astype(np.float32))
        for _, block in row_blocks(rows):
            index._index.add(block)
        return index, index._tune(RecallProbe.of(rows))

    def _tune(self, probe: RecallProbe) -> float:
        """Probe more lists or look at more rows, whichever finds more, up to the target; gives the recall."""
        recall = probe.recall(self)
        while recall < RECALL_TARGET:
            measured = []
            for step in self._dearer():
                self._index.nprobe, self.shortlist = step
                measured.append((probe.recall(self), step))
            if not measured:
                break
            recall, (self._index.nprobe, self.shortlist) = max(measured)
        return recall

    def _dearer(self) -> list[tuple[int, int]]:
        """Probes and shortlists that cost about twice what a search costs now."""
        probes, shortlist, lists = self._index.nprobe, self.shortlist, self._index.nlist
        steps = [(min(2 * probes, lists), shortlist), (probes, 2 * shortlist)]
        longest = min(_LONGEST, self.size)
        return [step for step in steps if step[0] > probes or shortlist < step[1] <= longest]

    @property
    def size(self) -> int:
        """Number of rows."""
        return int(self._index.ntotal)

    def add(self, vectors: F32) -> None:
        """Append float32 [n, dim] rows, rounded as a segment stores them.

        Raises:
            EnvironmentFailure: A vector is not finite.
        """
        added = as_stored(vectors)
        self._index.add(added.astype(np.float32))
        self._rows = np.concatenate((self._rows, added))

    def search(self, queries: F32, k: int, allowed: Mask | None = None) -> tuple[F32, I64]:
        """Scores float32 [q, k] and rows int64 [q, k], best first; padded with -inf and -1.

        Raises:
            EnvironmentFailure: A query is not finite.
        """
        asked = rounded(queries)
        parameters = faiss.SearchParametersIVF(nprobe=self._index.nprobe)
        if allowed is not None:
            count = np.count_nonzero(allowed)
            if count <= _FEW_ALLOWED:
                return self._among(np.flatnonzero(allowed), queries, k)
            if count < SELECTIVE * len(allowed):
                parameters.nprobe = self._index.nlist
            selector = bitmap(allowed)  # named, because the parameters do not own it
            parameters.sel = selector
        longest = max(min(self.shortlist + SHORTLIST_PER_RESULT * k, self.size), k)
        with threads_for(len(queries)):
            _, near = self._index.search(asked, longest, params=parameters)
        return as_cosines(*rescored(self._rows, asked, near, k))

    def _among(self, rows: I64, queries: F32, k: int) -> tuple[F32, I64]:
        """The best of a few rows int64 [m], ascending, each of which is looked at."""
        if not len(rows):
            shape = len(queries), k
            return np.full(shape, -np.inf, np.float32), np.full(shape, -1, np.int64)
        scores, found = FlatIndex.of(self._rows[rows]).search(queries, k)
        return scores, np.where(found < 0, -1, rows[found])

    def save(self, path: Path) -> None:
        """Write the structure, and its rows beside it."""
        np.save(rows_file(path), self._rows, allow_pickle=False)
        self.save_structure(path)

    def save_structure(self, path: Path) -> list[Path]:
        """Write FAISS's own file and how thoroughly to search; :func:`rows_file` is there already."""
        faiss.write_index(self._index, str(path))
        about = search_file(path)
        about.write_text(json.dumps({"shortlist": self.shortlist}) + "\n", encoding="utf-8")
        return [path, about]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what :meth:`save` wrote here; lists and rows stay on disk until they are looked at."""
        index = cls.__new__(cls)
        index._index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
        index.shortlist = int(json.loads(search_file(path).read_bytes())["shortlist"])
        # A plain array over the mapping: numpy's memmap subclass costs microseconds per slice.
        index._rows = np.load(rows_file(path), mmap_mode="r", allow_pickle=False).view(np.ndarray)
        return index


def rows_file(path: Path) -> Path:
    """Where the rows of a structure at ``path`` are."""
    return path.with_suffix(".npy")


def search_file(path: Path) -> Path:
    """Where it is written how thoroughly a structure at ``path`` is searched."""
    return path.with_suffix(".json")


def centroids_for(rows: int) -> int:
    """Lists of so many rows: the root. Twice as many took twice as long to build and were .2 ms faster."""
    return max(int(np.sqrt(rows)), 1)


def code_bytes(dim: int) -> int:
    """Bytes of a row's code: one for every eight dimensions, or for the fewest more that divide ``dim``."""
    return next(dim // width for width in range(CODED_TOGETHER, 0, -1) if dim % width == 0)


def structure_bytes(rows: int, dim: int) -> int:
    """What the structure takes: codes, row numbers and centroids; the stored rows are not counted."""
    return rows * (code_bytes(dim) + 8) + 4 * dim * (centroids_for(rows) + 256)


def rescored(rows: Stored, asked: F32, near: I64, k: int) -> tuple[F32, I64]:
    """The best ``k`` of the rows near each query by exact inner products, equal ones in the order of rows.

    Args:
        rows: int8 [n, dim].
        asked: float32 [q, dim] of integers.
        near: int64 [q, m], -1 where there is none; m is at least ``k``.
        k: Rows wanted.

    Returns:
        Products float32 [q, k] and rows int64 [q, k]; -1 comes last.
    """
    near = np.sort(near, axis=1)  # neighbours on disk are read one after the other
    products = np.empty(near.shape, np.float32)
    step = max(_BLOCK_BYTES // (4 * near.shape[1] * rows.shape[1]), 1)
    for first in range(0, len(near), step):
        part = slice(first, first + step)
        vectors = rows[near[part]].astype(np.float32)
        # Not matmul: it would start BLAS's threads for a few hundred products.
        np.einsum("qmd,qd->qm", vectors, asked[part], out=products[part])
    products[near < 0] = -np.inf
    order = np.argsort(-products, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(products, order, axis=1), np.take_along_axis(near, order, axis=1)
