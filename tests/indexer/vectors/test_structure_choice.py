"""Which structure a segment gets, and which file is read back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from snippets import embedder, real_fragments, write_part

from codesearch.core.errors import ConfigError
from indexer.embedding.stored import as_vectors
from indexer.segments.manifest import SegmentEntry
from indexer.segments.segment import Segment
from indexer.segments.snapshot import SEGMENTS
from indexer.vectors import choice
from indexer.vectors.choice import (
    CODES,
    STRUCTURE,
    Structure,
    build_structure,
    choose_structure,
    open_structure,
    structure_of,
)
from indexer.vectors.flat import FlatIndex
from indexer.vectors.ivf import IvfIndex
from indexer.vectors.ivf_pq import IvfPqIndex
from indexer.vectors.memory import VectorMemory


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


@pytest.fixture
def coded(stored: tuple[Path, SegmentEntry]) -> Segment:
    """A segment for whose vectors there is little memory."""
    folder, entry = stored
    rows = Segment(folder, entry).vectors
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choice, "choose_structure", lambda rows, dim, memory: Structure.IVF_PQ)
        files, recall = build_structure(folder, rows, VectorMemory(1 << 20))
    return Segment(folder, replace(entry, files={**entry.files, **files}, recall=recall))


@pytest.mark.parametrize("trusted", [True, False])
def test_codes_answer_whether_they_are_read_or_made_again(coded: Segment, trusted: bool) -> None:
    if not trusted:
        (coded.folder / STRUCTURE).write_bytes(b"hostile")
        (coded.folder / CODES).write_bytes(b"hostile")
    assert structure_of(coded.entry.files) == Structure.IVF_PQ
    index = open_structure(coded, trusted=trusted)
    assert isinstance(index, IvfPqIndex)
    _, rows = index.search(as_vectors(coded.vectors[:20]), 1)
    assert rows[:, 0].tolist() == list(range(20))


def test_less_memory_means_a_smaller_structure_until_none_is_small_enough() -> None:
    million, megabyte = 1_000_000, 1_000_000
    assert choose_structure(million, 256) == Structure.IVF
    assert choose_structure(million, 256, VectorMemory(300 * megabyte)) == Structure.IVF
    assert choose_structure(million, 256, VectorMemory(64 * megabyte)) == Structure.IVF_PQ
    with pytest.raises(
        ConfigError, match=r"memory leaves 20MiB for the vectors of 1,000,000 fragments"
    ) as why:
        choose_structure(million, 256, VectorMemory(20 << 20))
    assert "--no-embed" in why.value.hint


def test_a_segment_gets_its_share_of_the_memory() -> None:
    whole = VectorMemory(30_000_000, rows=1_000_000)
    assert choose_structure(100_000, 256, VectorMemory(30_000_000)) == Structure.FLAT
    with pytest.raises(ConfigError, match="1,000,000 fragments"):
        choose_structure(100_000, 256, whole)


def test_few_rows_are_searched_exactly_however_little_memory_there_is() -> None:
    assert choose_structure(50, 256, VectorMemory(1)) == Structure.FLAT
