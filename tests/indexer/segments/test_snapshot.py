"""Snapshots: several segments read as one sequence of rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from snippets import embedder, fragment, make_snapshot, real_fragments

from indexer.embedding.stored import embed_stored
from indexer.segments.snapshot import Snapshot
from indexer.segments.writer import alive_rows


@pytest.fixture
def split(tmp_path: Path) -> Snapshot:
    parts = real_fragments()
    return make_snapshot(tmp_path, [parts[:10], parts[10:11], parts[11:40]], embedder())


def test_rows_run_through_all_segments(split: Snapshot) -> None:
    keys = [split.identity(row) for row in range(len(split))]
    assert len(split) == 40
    assert set(keys) == {(part.exact_key, "python") for part in real_fragments()[:40]}
    assert split.identities() == {key: row for row, key in enumerate(keys)}


def test_a_row_is_the_same_content_in_every_accessor(split: Snapshot) -> None:
    rows = np.array([39, 0, 10, 9, 11])
    fragments = [split.fragment(row) for row in rows.tolist()]
    assert [part.exact_key for part in fragments] == [split.identity(row)[0] for row in rows.tolist()]
    assert [part.renamed_key for part in fragments] == [split.renamed_keys[row].tobytes() for row in rows]
    assert np.array_equal(split.vectors(rows), embed_stored(fragments, embedder()))


def test_equal_scores_are_ordered_alike_however_the_rows_are_split(tmp_path: Path) -> None:
    parts = [*real_fragments()[:20], fragment("f(a + 1);", "java"), fragment("f(a + 1);", "c")]
    orders = []
    for number, cut in enumerate((3, 12, 21)):
        snapshot = make_snapshot(tmp_path / str(number), [parts[:cut], parts[cut:]])
        orders.append([snapshot.identity(row) for row in np.argsort(snapshot.ties).tolist()])
        assert len(np.unique(snapshot.ties)) == len(parts)
    assert orders[0] == orders[1] == orders[2]


def test_tombstones_are_not_live(tmp_path: Path) -> None:
    gone = {part.exact_key for part in real_fragments()[:3]}
    snapshot = make_snapshot(tmp_path, [real_fragments()[:8]], dead=lambda part: part.exact_key in gone)
    assert {snapshot.identity(row)[0] for row in np.flatnonzero(~snapshot.live).tolist()} == gone


def test_rows_alive_are_those_whose_key_is_named(split: Snapshot) -> None:
    wanted = [3, 10, 30]
    keys = np.stack([np.frombuffer(split.identity(row)[0], np.uint8) for row in wanted])
    assert np.flatnonzero(alive_rows(split, keys)).tolist() == wanted
    assert not alive_rows(split, keys[:0]).any()


def test_keys_that_end_in_zeros_are_told_apart(split: Snapshot) -> None:
    key = np.frombuffer(split.identity(5)[0], np.uint8).copy()
    key[-1] = 0
    assert not alive_rows(split, key[None]).any() or split.identity(5)[0][-1] == 0


def test_an_empty_snapshot_has_no_rows(tmp_path: Path) -> None:
    snapshot = make_snapshot(tmp_path, [])
    assert (len(snapshot), len(snapshot.ties), len(snapshot.live)) == (0, 0, 0)
    assert snapshot.renamed_keys.shape == (0, 16)
    assert snapshot.identities() == {}
