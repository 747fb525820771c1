"""The nearest other rows of every row, in batches: the neighbours among which an audit looks for clones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from codesearch.core.device import CPU, Device
from codesearch.core.protocols import VectorIndex
from codesearch.core.types import F32, I64
from indexer.embedding.stored import Stored, as_vectors

EXACT_LIMIT = 60_000  # rows; beyond, an inverted file with seeded centroids proposes
BATCH = 4096
SPARE = 8
"""Neighbours asked for beyond those wanted, so that among equal scores the order of rows decides who is in,
not FAISS; of more equals than that, some."""


@dataclass(frozen=True, slots=True)
class NearestRows:
    """Neighbours of consecutive rows.

    Attributes:
        first: The first of the rows that asked.
        scores: float32 [n, k], cosines, best first; -inf pads.
        rows: int64 [n, k], equal scores by row, never the row that asked; -1 pads.
    """

    first: int
    scores: F32
    rows: I64


def join_structure(rows: Stored, device: Device = CPU) -> VectorIndex:
    """What answers a self-join of rows int8 [n, dim].

    A GPU searches a copy of the structure that the CPU would search, so that an audit finds the same on both.

    Raises:
        EnvironmentFailure: The rows do not fit into the memory of the GPUs.
    """
    from indexer.vectors.flat import FlatIndex  # faiss is loaded only where vectors are
    from indexer.vectors.ivf import IvfIndex

    structure = FlatIndex.of(rows) if len(rows) <= EXACT_LIMIT else IvfIndex.build(rows)[0]
    if not device.gpus:
        return structure
    from indexer.vectors.gpu import GpuIndex

    return GpuIndex.of(structure, device)


def nearest_batches(
    structure: VectorIndex, rows: Stored, k: int, asking: range | None = None
) -> Iterator[NearestRows]:
    """The ``k`` nearest others of every row, in row order, a few thousand rows at a time.

    Args:
        structure: Holds the rows, numbered alike.
        rows: int8 [n, dim].
        k: Neighbours of a row.
        asking: The rows that ask, all when left out: a part of the join is a range of them.
    """
    asking = range(len(rows)) if asking is None else asking
    for first in range(asking.start, asking.stop, BATCH):
        queries = np.arange(first, min(first + BATCH, asking.stop))
        scores, found = structure.search(as_vectors(rows[queries]), k + 1 + SPARE)
        own = found == queries[:, None]
        scores[own], found[own] = -np.inf, -1
        order = np.lexsort((found, -scores), axis=1)[:, :k]
        yield NearestRows(
            first, np.take_along_axis(scores, order, axis=1), np.take_along_axis(found, order, axis=1)
        )
