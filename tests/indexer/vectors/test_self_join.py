"""The nearest others of every row: complete, in order, the same in parts and on GPUs."""

from __future__ import annotations

import numpy as np
import pytest

from codesearch.core.device import Device
from indexer.embedding.stored import Stored, as_stored, as_vectors
from indexer.vectors import gpu, self_join
from indexer.vectors.gpu import GpuIndex, on_cpu
from indexer.vectors.self_join import NearestRows, join_structure, nearest_batches


def rows_of(count: int, dim: int = 64, seed: int = 3) -> Stored:
    vectors = np.random.default_rng(seed).normal(size=(count, dim))
    return as_stored((vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32))


ROWS = rows_of(700)


def joined(rows: Stored, k: int, asking: range | None = None, device: Device | None = None) -> NearestRows:
    structure = join_structure(rows) if device is None else join_structure(rows, device)
    batches = list(nearest_batches(structure, rows, k, asking))
    return NearestRows(
        batches[0].first,
        np.concatenate([batch.scores for batch in batches]),
        np.concatenate([batch.rows for batch in batches]),
    )


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(self_join, "BATCH", 64)


@pytest.mark.usefixtures("small_batches")
def test_every_row_gets_its_nearest_others_best_first() -> None:
    found = joined(ROWS, 8)
    products = as_vectors(ROWS) @ as_vectors(ROWS).T
    np.fill_diagonal(products, -np.inf)
    order = np.argsort(-products, axis=1, kind="stable")[:, :8]
    assert np.array_equal(found.rows, order)
    assert np.allclose(found.scores, np.take_along_axis(products, order, axis=1), atol=1e-6)


@pytest.mark.usefixtures("small_batches")
def test_ranges_of_rows_together_find_what_all_at_once_find() -> None:
    whole = joined(ROWS, 5)
    parts = [joined(ROWS, 5, part) for part in (range(250), range(250, 251), range(251, 700))]
    assert [part.first for part in parts] == [0, 250, 251]
    assert np.array_equal(np.concatenate([part.rows for part in parts]), whole.rows)
    assert np.concatenate([part.scores for part in parts]).tobytes() == whole.scores.tobytes()


def test_equal_rows_are_each_others_neighbours_in_the_order_of_rows() -> None:
    rows = np.repeat(rows_of(40), 6, axis=0)
    found = joined(rows, 5).rows
    for row, others in enumerate(found.tolist()):
        group = range(row - row % 6, row - row % 6 + 6)
        assert others == [other for other in group if other != row]


def test_fewer_rows_than_neighbours_are_padded() -> None:
    found = joined(ROWS[:3], 8)
    assert found.rows.shape == (3, 8)
    assert sorted(found.rows[0][:2].tolist()) == [1, 2]
    assert (found.rows[:, 2:] == -1).all()
    assert np.isneginf(found.scores[:, 2:]).all()


@pytest.mark.parametrize("exact", [True, False])
def test_gpus_find_what_the_cpu_finds(monkeypatch: pytest.MonkeyPatch, exact: bool) -> None:
    monkeypatch.setattr(gpu, "on_gpus", lambda device: on_cpu(len(device.gpus)))
    monkeypatch.setattr(self_join, "EXACT_LIMIT", len(ROWS) if exact else 0)
    on_gpus = join_structure(ROWS, Device((0, 1)))
    assert isinstance(on_gpus, GpuIndex)
    ours, theirs = joined(ROWS, 8), joined(ROWS, 8, device=Device((0, 1)))
    assert np.array_equal(ours.rows, theirs.rows)
    assert ours.scores.tobytes() == theirs.scores.tobytes()
