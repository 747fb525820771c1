"""Which structure a segment gets, and which file is read back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from snippets import embedder, real_fragments, write_part

from indexer.embedding.stored import as_vectors
from indexer.segments.manifest import SegmentEntry
from indexer.segments.segment import Segment
from indexer.segments.snapshot import SEGMENTS
from indexer.vectors import choice
from indexer.vectors.choice import STRUCTURE, build_structure, open_structure
from indexer.vectors.flat import FlatIndex
from indexer.vectors.ivf import IvfIndex


@pytest.fixture
def stored(tmp_path: Path) -> tuple[Path, SegmentEntry]:
    return tmp_path / SEGMENTS / "one", write_part(tmp_path, "one", real_fragments(), embedder())


@pytest.fixture
def large(stored: tuple[Path, SegmentEntry], monkeypatch: pytest.MonkeyPatch) -> Segment:
    """A segment above the limit, which is lowered for it."""
    monkeypatch.setattr(choice, "FLAT_LIMIT", 20)
    folder, entry = stored
    files, recall = build_structure(folder, Segment(folder, entry).vectors)
    return Segment(folder, replace(entry, files={**entry.files, **files}, recall=recall))


def test_a_small_segment_is_searched_exactly_and_stores_no_structure(
    stored: tuple[Path, SegmentEntry],
) -> None:
    segment = Segment(*stored)
    assert build_structure(segment.folder, segment.vectors) == ({}, 1.0)
    assert isinstance(open_structure(segment, trusted=True), FlatIndex)


def test_a_large_segment_gets_a_structure_with_measured_recall(large: Segment) -> None:
    assert STRUCTURE in large.entry.files
    assert 0.9 < large.entry.recall <= 1
    assert isinstance(open_structure(large, trusted=True), IvfIndex)


def test_a_foreign_structure_is_never_read(large: Segment) -> None:
    """FAISS's reader is not memory-safe, so whatever the file holds must not reach it."""
    (large.folder / STRUCTURE).write_bytes(b"hostile")
    index = open_structure(large, trusted=False)
    _, rows = index.search(as_vectors(large.vectors[:20]), 1)
    assert rows[:, 0].tolist() == list(range(20))
