"""The inverted file: its recall is measured, and reached by probing more lists."""

from __future__ import annotations

import numpy as np
import pytest

from indexer.embedding.stored import as_stored, as_vectors
from indexer.vectors import ivf
from indexer.vectors.flat import FlatIndex
from indexer.vectors.ivf import RECALL_TARGET, IvfIndex

RANDOM = np.random.default_rng(11)
UNIFORM = RANDOM.normal(size=(3000, 24))
ROWS = as_stored((UNIFORM / np.linalg.norm(UNIFORM, axis=1, keepdims=True)).astype(np.float32))


def test_even_rows_without_clusters_reach_the_target() -> None:
    index, recall = IvfIndex.build(ROWS)
    queries = as_vectors(ROWS[5::31])
    _, truth = FlatIndex.of(ROWS).search(queries, 10)
    _, found = index.search(queries, 10)
    measured = np.mean([np.isin(t, f).mean() for t, f in zip(truth, found, strict=True)])
    assert recall >= RECALL_TARGET
    assert measured == pytest.approx(recall, abs=0.03)


def test_a_lower_target_needs_fewer_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    thorough, high = IvfIndex.build(ROWS)
    monkeypatch.setattr(ivf, "RECALL_TARGET", 0.3)
    hasty, low = IvfIndex.build(ROWS)
    assert 0.3 <= low < high
    _, ours = hasty.search(as_vectors(ROWS[:200]), 10)
    _, theirs = thorough.search(as_vectors(ROWS[:200]), 10)
    assert not np.array_equal(ours, theirs)
