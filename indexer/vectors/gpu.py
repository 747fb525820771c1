"""Search on GPUs: a copy of a CPU's structure that answers in its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Protocol, Self

import faiss
import numpy as np

from codesearch.core.device import Device
from codesearch.core.errors import EnvironmentFailure
from codesearch.core.types import F32, I64, Mask
from indexer.vectors.flat import FlatIndex, as_cosines, rounded
from indexer.vectors.ivf import IvfIndex

Host = FlatIndex | IvfIndex
"""A structure that can be copied to GPUs."""

MOST = 2048  # neighbours, and lists probed, of one query: FAISS's limit on GPUs
SPARE = 32  # neighbours asked for beyond those wanted where a filter will take some away
_SIGN = 128  # what FAISS's code of a signed byte adds to it
_BLOCK = 1 << 16  # rows that are widened at once on their way to a GPU
ONE_AT_A_TIME = Lock()  # FAISS's resources of a GPU serve one thread


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the parts of a structure go; rows are dealt out evenly.

    Attributes:
        name: For messages.
        parts: How many there are.
        signed: Whether FAISS reads rows of signed bytes there; on GPUs it does not.
        to_device: Copies one of FAISS's indexes to the place of a part.
    """

    name: str
    parts: int
    signed: bool
    to_device: Callable[[faiss.Index, int], faiss.Index]

    def copy(self, host: Host) -> CopiedStructure:
        """A copy of a host's structure here.

        Raises:
            EnvironmentFailure: It does not fit.
        """
        return copy_structure(host, self)


def on_gpus(device: Device) -> Placement:
    """One part on each GPU of a device."""
    return Placement(
        name=str(device),
        parts=len(device.gpus),
        signed=False,
        to_device=lambda index, part: _copy_to_gpu(index, device.gpus[part]),
    )


def on_cpu(parts: int = 1, *, signed: bool = True) -> Placement:
    """Every part where it is: the same code where there is no GPU.

    With bytes that are not signed the dimensions may not be a multiple of 16: FAISS rounds queries there.
    """
    return Placement("cpu", parts, signed, lambda index, _: index)


@cache
def resources(gpu: int) -> faiss.StandardGpuResources:
    """Streams and scratch memory of a GPU, of which FAISS takes up to 1.5 GB: once per process."""
    del gpu
    return faiss.StandardGpuResources()


def _copy_to_gpu(index: faiss.Index, gpu: int) -> faiss.Index:
    options = faiss.GpuClonerOptions()
    # Halves hold integers to 2,048 exactly, rows are of -127 to 127, and sums are kept in single precision.
    options.useFloat16 = True
    return faiss.index_cpu_to_gpu(resources(gpu), gpu, index, options)


class GpuIndex:
    """Answers what its host answers, with the same scores, and the same rows but for equal scores at the end.

    Exact structures become rows of halves, whose products are exact; inverted files keep their centroids,
    lists and bytes. What FAISS cannot do on a GPU the host does: narrow filters, more than :data:`MOST`
    neighbours. Several GPUs hold a part of the rows each. Threads take turns.

    Args:
        host: The CPU's structure; what is saved.
        copy: Makes what answers in its place.

    Raises:
        EnvironmentFailure: The copy does not fit there.
    """

    def __init__(self, host: Host, copy: Callable[[Host], Copy]) -> None:
        self._host = host
        self._make_copy = copy
        self._copy = copy(host)

    @classmethod
    def of(cls, host: Host, device: Device) -> Self:
        """On the GPUs of a device."""
        return cls(host, on_gpus(device).copy)

    @property
    def size(self) -> int:
        """Number of rows."""
        return self._host.size

    def add(self, vectors: F32) -> None:
        """Append float32 [n, dim] rows to the host, and copy it anew.

        Raises:
            EnvironmentFailure: A vector is not finite, or the copy does not fit.
        """
        self._host.add(vectors)
        self._copy = self._make_copy(self._host)

    def search(self, queries: F32, k: int, allowed: Mask | None = None) -> tuple[F32, I64]:
        """Scores float32 [q, k] and rows int64 [q, k], best first, equal scores by row; padded with -inf and
        -1.

        Raises:
            EnvironmentFailure: A query is not finite.
        """
        fetched = k if allowed is None else 2 * k + SPARE
        if fetched > self._copy.most:
            return self._host.search(queries, k, allowed)
        scores, rows = self._copy.search(rounded(queries), fetched)
        if allowed is None:
            return scores, rows
        return self._filtered(queries, k, allowed, scores, rows)

    def _filtered(self, queries: F32, k: int, allowed: Mask, scores: F32, rows: I64) -> tuple[F32, I64]:
        """The first ``k`` that a filter lets through; the host is asked where it took too many away."""
        kept = allowed[rows] & (rows >= 0)
        short = kept.sum(axis=1) < min(k, np.count_nonzero(allowed))
        order = np.argsort(~kept, axis=1, kind="stable")[:, :k]
        scores = np.take_along_axis(np.where(kept, scores, np.float32(-np.inf)), order, axis=1)
        rows = np.take_along_axis(np.where(kept, rows, -1), order, axis=1)
        if short.any():
            scores[short], rows[short] = self._host.search(queries[short], k, allowed)
        return scores, rows

    def save(self, path: Path) -> None:
        """Write the host's file, which any installation reads."""
        self._host.save(path)

    @classmethod
    def load(cls, path: Path, copy: Callable[[Host], Copy] | None = None) -> Self:
        """Read a file that :meth:`save` wrote here; copied to all GPUs where nothing else is named."""
        from codesearch.core.device import choose
        from codesearch.core.device_probe import faiss_runtime

        inverted = isinstance(faiss.read_index(str(path), faiss.IO_FLAG_MMAP), faiss.IndexIVF)
        host = IvfIndex.load(path) if inverted else FlatIndex.load(path)
        return cls(host, copy or on_gpus(choose("cuda", faiss_runtime())).copy)


class Copy(Protocol):
    """What answers in the place of a host."""

    @property
    def most(self) -> int:
        """Neighbours that it gives of one query."""
        ...

    def search(self, queries: F32, k: int) -> tuple[F32, I64]:
        """As :meth:`GpuIndex.search`, of queries rounded to integers."""
        ...


@dataclass(frozen=True, slots=True)
class CopiedStructure:
    """The host's own structure in another place.

    Attributes:
        index: FAISS's, of one part or several.
        parts: Keeps the parts alive.
        offset: What its rows have been raised by.
        most: Neighbours that it gives of one query; 0 where it cannot probe as many lists as the host does.
    """

    index: faiss.Index
    parts: tuple[faiss.Index, ...]
    offset: int
    most: int = MOST

    def search(self, queries: F32, k: int) -> tuple[F32, I64]:
        """As :meth:`GpuIndex.search`, of queries rounded to integers."""
        with ONE_AT_A_TIME:
            scores, rows = self.index.search(queries, k)
        if self.offset:
            scores -= self.offset * queries.sum(axis=1, keepdims=True)
        order = np.lexsort((rows, -scores), axis=1)
        return as_cosines(np.take_along_axis(scores, order, 1), np.take_along_axis(rows, order, 1))


def copy_structure(host: Host, placement: Placement) -> CopiedStructure:
    """See :meth:`Placement.copy`."""
    native = host._index
    try:
        if isinstance(host, IvfIndex):
            lists = native if placement.signed else unsigned_lists(native)
            parts = [_inverted_part(lists, placement, part) for part in range(placement.parts)]
            offset = 0 if placement.signed else _SIGN
            most = MOST if native.nprobe <= MOST else 0
            return CopiedStructure(_joined(parts, successive=False), tuple(parts), offset, most)
        edges = [native.ntotal * part // placement.parts for part in range(placement.parts + 1)]
        parts = [
            _exact_part(native, placement, part, range(edges[part], edges[part + 1]))
            for part in range(placement.parts)
        ]
        return CopiedStructure(_joined(parts, successive=True), tuple(parts), 0)
    except RuntimeError as error:  # FAISS has no other
        raise unfitting(native, placement.name, error) from error


def unfitting(native: faiss.Index, place: str, error: RuntimeError) -> EnvironmentFailure:
    """What to say where a copy failed."""
    return EnvironmentFailure(
        f"{native.ntotal:,} vectors of {native.d} dimensions cannot be copied to {place} "
        f"({str(error).strip().rpartition(chr(10))[2]})",
        "set the device to 'cpu', or free its memory",
    )


def _joined(parts: list[faiss.Index], *, successive: bool) -> faiss.Index:
    """One index of several parts; ``successive`` where a part's rows follow those of the one before it."""
    if len(parts) == 1:
        return parts[0]
    shards = faiss.IndexShards(parts[0].d, True, successive)
    for part in parts:
        shards.add_shard(part)
    return shards


def _exact_part(native: faiss.Index, placement: Placement, part: int, rows: range) -> faiss.Index:
    placed = placement.to_device(faiss.IndexFlatIP(native.d), part)
    for first in range(rows.start, rows.stop, _BLOCK):
        placed.add(native.reconstruct_n(first, min(_BLOCK, rows.stop - first)))
    return placed


def unsigned_lists(native: faiss.IndexIVFScalarQuantizer) -> faiss.IndexIVFScalarQuantizer:
    """The same centroids and lists, whose bytes are read as 0 to 255: FAISS on GPUs knows no signed ones.

    A row so read is raised by 128 in every dimension, and its score by 128 times the sum of the query. Sums
    stay below 2^24 (255 times the at most 256 √dim of a unit vector's entries), so that scores stay exact.
    """
    direct = faiss.ScalarQuantizer.QT_8bit_direct
    view = faiss.IndexIVFScalarQuantizer(
        native.quantizer, native.d, native.nlist, direct, faiss.METRIC_INNER_PRODUCT, False
    )
    view.replace_invlists(native.invlists, False)
    view.is_trained, view.ntotal, view.nprobe = True, native.ntotal, native.nprobe
    return view


def _inverted_part(lists: faiss.IndexIVFScalarQuantizer, placement: Placement, part: int) -> faiss.Index:
    if placement.parts == 1:
        return placement.to_device(lists, part)
    some = faiss.IndexIVFScalarQuantizer(
        lists.quantizer, lists.d, lists.nlist, lists.sq.qtype, faiss.METRIC_INNER_PRODUCT, False
    )
    some.is_trained, some.nprobe = True, lists.nprobe
    lists.copy_subset_to(some, faiss.InvertedLists.SUBSET_TYPE_ID_MOD, placement.parts, part)
    return placement.to_device(some, part)
