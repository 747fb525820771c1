"""Search in a graph of neighbours that a GPU draws, where FAISS has one (CAGRA, in ``faiss-gpu-cuvs``).

Ootomo et al., "CAGRA: Highly Parallel Graph Construction and Approximate Nearest Neighbor Search for GPUs",
2024. What a graph finds depends on the order of its rows, so audits do not use it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import faiss
import numpy as np

from codesearch.core.types import F32, I64
from indexer.embedding.stored import Stored
from indexer.vectors.flat import as_cosines
from indexer.vectors.gpu import ONE_AT_A_TIME, Copy, Host, resources, unfitting
from indexer.vectors.ivf import IvfIndex
from indexer.vectors.ivf_pq import rescored

DEGREE = 64  # CAGRA's own default
_WIDEST = 512  # neighbours that a search may keep in view: CAGRA's limit
_LEAST = 128


@dataclass(frozen=True, slots=True)
class Drawing:
    """How graphs are drawn and searched somewhere.

    Attributes:
        name: Of the place, for messages.
        draw: The graph over rows float32 [n, dim].
        view: Parameters of a search that keeps so many neighbours in view.
    """

    name: str
    draw: Callable[[F32], faiss.Index]
    view: Callable[[int], faiss.SearchParameters]


def has_cagra() -> bool:
    """Whether the installed FAISS draws graphs on GPUs."""
    return hasattr(faiss, "GpuIndexCagra")


def by_cagra(gpu: int) -> Drawing:
    """On a GPU."""

    def draw(rows: F32) -> faiss.Index:
        config = faiss.GpuIndexCagraConfig()
        config.device = gpu
        config.graph_degree = DEGREE
        graph = faiss.GpuIndexCagra(resources(gpu), rows.shape[1], faiss.METRIC_INNER_PRODUCT, config)
        graph.train(rows)  # which adds them
        return graph

    def view(neighbours: int) -> faiss.SearchParameters:
        parameters = faiss.SearchParametersCagra()
        parameters.itopk_size = neighbours
        return parameters

    return Drawing(f"cuda:{gpu}", draw, view)


def by_hnsw() -> Drawing:
    """In this machine's memory: the same code where there is no GPU."""

    def draw(rows: F32) -> faiss.Index:
        graph = faiss.IndexHNSWFlat(rows.shape[1], DEGREE // 2, faiss.METRIC_INNER_PRODUCT)
        graph.add(rows)
        return graph

    return Drawing("cpu", draw, lambda neighbours: faiss.SearchParametersHNSW(efSearch=neighbours))


def graphs(drawing: Drawing) -> Callable[[Host], Copy]:
    """What makes a graph over a host's rows, for :class:`indexer.vectors.gpu.GpuIndex`."""
    return partial(_copy_as_graph, drawing=drawing)


@dataclass(frozen=True, slots=True)
class CopiedGraph:
    """A graph proposes, the rows decide: scores are those of the host.

    Attributes:
        index: FAISS's.
        rows: int8 [n, dim], of which it is.
        view: Parameters of a search.
        most: Neighbours that it gives of one query, half of those it keeps in view.
    """

    index: faiss.Index
    rows: Stored
    view: Callable[[int], faiss.SearchParameters]
    most: int = _WIDEST // 2

    def search(self, queries: F32, k: int) -> tuple[F32, I64]:
        """The best found, of queries rounded to integers; padded with -inf and -1."""
        seen = max(_LEAST, 32 * -(-2 * k // 32))  # CAGRA takes multiples of 32
        with ONE_AT_A_TIME:
            _, near = self.index.search(queries, seen, params=self.view(seen))
        return as_cosines(*rescored(self.rows, queries, near, k))


def _copy_as_graph(host: Host, drawing: Drawing) -> CopiedGraph:
    native = host._index
    if isinstance(host, IvfIndex):
        native.make_direct_map()  # rows by number
    rows = native.reconstruct_n(0, native.ntotal)
    try:
        return CopiedGraph(drawing.draw(rows), rows.astype(np.int8), drawing.view)
    except RuntimeError as error:  # FAISS has no other
        raise unfitting(native, drawing.name, error) from error
