"""Which structure a segment's vectors get, chosen by their number."""

from __future__ import annotations

from pathlib import Path

from codesearch.core.protocols import VectorIndex
from indexer.embedding.stored import Stored
from indexer.segments.files import StoredFile, checksum
from indexer.segments.segment import Segment

FLAT_LIMIT = 200_000  # rows; of 256 dimensions they take 12 ms exactly on one core, of 1,024 about 20
STRUCTURE = "vectors.faiss"


def build_structure(folder: Path, rows: Stored) -> tuple[dict[str, StoredFile], float]:
    """Write the structure of a large segment beside its vectors; nothing for a small one.

    Returns:
        The files written by name, and the measured recall@10 (1.0 where search is exact).
    """
    if len(rows) <= FLAT_LIMIT:
        return {}, 1.0
    from indexer.vectors.ivf import IvfIndex  # faiss is loaded only where vectors are

    index, recall = IvfIndex.build(rows)
    path = folder / STRUCTURE
    index.save(path)
    return {STRUCTURE: StoredFile(path.stat().st_size, checksum(path))}, recall


def open_structure(segment: Segment, trusted: bool) -> VectorIndex:
    """The search structure of a segment.

    Args:
        segment: An opened segment with vectors.
        trusted: True when this installation signed the manifest; otherwise FAISS's own file, whose reader
            is not memory-safe on hostile input, is left alone and the structure is made again from the
            vectors.
    """
    if STRUCTURE not in segment.entry.files:
        from indexer.vectors.flat import FlatIndex

        return FlatIndex.of(segment.vectors)
    from indexer.vectors.ivf import IvfIndex  # faiss is loaded only where vectors are

    if trusted:
        return IvfIndex.load(segment.folder / STRUCTURE)
    return IvfIndex.build(segment.vectors)[0]
