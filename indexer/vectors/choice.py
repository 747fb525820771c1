"""Which structure a segment's vectors get, chosen by their number and by how much memory there is."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from codesearch.core.errors import ConfigError, EnvironmentFailure
from codesearch.core.protocols import VectorIndex
from codesearch.core.sizes import shown_size
from indexer.embedding.stored import Stored
from indexer.segments.files import StoredFile, checksum, sync_file
from indexer.segments.segment import Segment
from indexer.vectors.memory import UNBOUNDED, VectorMemory

FLAT_LIMIT = 200_000  # rows; of 256 dimensions they take 12 ms exactly on one core, of 1,024 about 20
STRUCTURE = "vectors.faiss"
CODES = "vectors.json"
"""Present beside :data:`STRUCTURE` where that holds codes whose finds the stored vectors decide."""

OpenStructure = Callable[[Segment, bool], VectorIndex]
"""Opens the search structure of a segment, as :func:`open_structure` does from its files."""


class Structure(StrEnum):
    """What a segment may get, the fastest that is exact first."""

    FLAT = "flat"
    IVF = "ivf"
    IVF_PQ = "ivf-pq"


def choose_structure(rows: int, dim: int, memory: VectorMemory = UNBOUNDED) -> Structure:
    """The structure of a segment; the stored vectors, which are mapped, do not count as memory.

    Raises:
        ConfigError: The bound is too small for any.
    """
    from indexer.vectors import ivf, ivf_pq  # faiss is loaded only where vectors are

    share = memory.share(rows)
    if rows <= FLAT_LIMIT and rows * dim <= share:
        return Structure.FLAT
    if rows > FLAT_LIMIT and ivf.structure_bytes(rows, dim) <= share:
        return Structure.IVF
    least = ivf_pq.structure_bytes(rows, dim)
    if least <= share:
        return Structure.IVF_PQ
    if rows * dim <= least:  # so few that codes would take more than they save
        return Structure.FLAT
    wanted = round(least * max(memory.rows, rows) / rows)
    raise ConfigError(
        f"index.memory leaves {shown_size(memory.total or 0)} for the vectors of {max(memory.rows, rows):,} "
        f"fragments, which take {shown_size(wanted)} at the least",
        f"raise it by {shown_size(2 * (wanted - (memory.total or 0)))} or more, or index with --no-embed",
    )


def structure_of(files: Collection[str]) -> Structure:
    """The structure that a segment's files hold."""
    if STRUCTURE not in files:
        return Structure.FLAT
    return Structure.IVF_PQ if CODES in files else Structure.IVF


def build_structure(
    folder: Path, rows: Stored, memory: VectorMemory = UNBOUNDED
) -> tuple[dict[str, StoredFile], float]:
    """Write the structure of a large segment beside its vectors; nothing for a small one.

    Returns:
        The files written by name, and the measured recall@10 (1.0 where search is exact).

    Raises:
        ConfigError: The memory is too little for any structure.
        EnvironmentFailure: It cannot be written.
    """
    path = folder / STRUCTURE
    match choose_structure(len(rows), rows.shape[1], memory):
        case Structure.FLAT:
            return {}, 1.0
        case Structure.IVF:
            from indexer.vectors.ivf import IvfIndex  # faiss is loaded only where vectors are

            lists, recall = IvfIndex.build(rows)
            with _explained(path):
                lists.save(path)
            written = [path]
        case Structure.IVF_PQ:
            from indexer.vectors.ivf_pq import IvfPqIndex

            codes, recall = IvfPqIndex.build(rows, memory.training_bytes)
            with _explained(path):
                written = codes.save_structure(path)
    for file in written:
        sync_file(file)
    return {file.name: StoredFile(file.stat().st_size, checksum(file)) for file in written}, recall


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """FAISS tells a full disk from a broken one by its text alone.

    Raises:
        EnvironmentFailure: The file cannot be written.
    """
    try:
        yield
    except RuntimeError as error:
        reason = re.search(r"\(([^()]+)\)\s*$", str(error))
        raise EnvironmentFailure(
            f"cannot write {path}: {reason[1] if reason else 'the disk took a part of it'}",
            "free some space or check the disk, then run again; the previous index is untouched",
        ) from error


def open_structure(segment: Segment, trusted: bool) -> VectorIndex:
    """The search structure of a segment.

    Args:
        segment: An opened segment with vectors.
        trusted: True when this installation signed the manifest; otherwise FAISS's own file, whose reader
            is not memory-safe on hostile input, is left alone and the structure is made again from the
            vectors.
    """
    from indexer.vectors.flat import FlatIndex  # faiss is loaded only where vectors are
    from indexer.vectors.ivf import IvfIndex
    from indexer.vectors.ivf_pq import IvfPqIndex

    path = segment.folder / STRUCTURE
    match structure_of(segment.entry.files):
        case Structure.FLAT:
            return FlatIndex.of(segment.vectors)
        case Structure.IVF:
            return IvfIndex.load(path) if trusted else IvfIndex.build(segment.vectors)[0]
        case Structure.IVF_PQ:
            return IvfPqIndex.load(path) if trusted else IvfPqIndex.build(segment.vectors)[0]
