"""The contract of :class:`codesearch.core.protocols.VectorIndex`, over every implementation."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from codesearch.core.errors import EnvironmentFailure
from codesearch.core.protocols import VectorIndex
from codesearch.core.types import F32
from indexer.embedding.stored import as_stored, as_vectors
from indexer.vectors.flat import FlatIndex
from indexer.vectors.ivf import IvfIndex

DIM, ROWS = 128, 1200  # FAISS has integer arithmetic of its own where 64 divides the dimensions


@cache
def sample(rows: int = ROWS, seed: int = 5) -> F32:
    """Clustered vectors of about unit length that storing does not change."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(40, DIM))
    vectors = centres[random.integers(0, 40, rows)] + 0.3 * random.normal(size=(rows, DIM))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return as_vectors(as_stored(unit.astype(np.float32)))


def flat() -> VectorIndex:
    return FlatIndex.of(as_stored(sample()))


def flat_added() -> VectorIndex:
    index = FlatIndex(DIM)
    index.add(sample()[:500])
    index.add(sample()[500:])
    return index


def ivf() -> VectorIndex:
    return IvfIndex.build(as_stored(sample()))[0]


IMPLEMENTATIONS = [flat, flat_added, ivf]
every_index = pytest.mark.parametrize("build", IMPLEMENTATIONS)
Build = Callable[[], VectorIndex]


def assert_same(first: VectorIndex, second: VectorIndex) -> None:
    ours, theirs = first.search(sample()[:50], 10), second.search(sample()[:50], 10)
    assert np.array_equal(ours[0], theirs[0])
    assert np.array_equal(ours[1], theirs[1])


@every_index
def test_a_row_finds_itself_first(build: Build) -> None:
    scores, rows = build().search(sample()[::50], 3)
    assert rows[:, 0].tolist() == list(range(0, ROWS, 50))
    assert np.allclose(scores[:, 0], 1, atol=5e-3)
    assert scores.dtype == np.float32
    assert rows.dtype == np.int64


@every_index
def test_scores_are_inner_products_best_first(build: Build) -> None:
    queries = sample(7, seed=9)
    scores, rows = build().search(queries, 20)
    for query, score, row in zip(queries, scores, rows, strict=True):
        found = row[row >= 0]  # an approximate index may probe fewer rows than it was asked for
        assert len(found) >= 5
        assert (np.diff(score[: len(found)]) <= 0).all()
        assert np.allclose(score[: len(found)], sample()[found] @ query, atol=1e-6)


@every_index
def test_nearly_all_true_neighbours_are_found(build: Build) -> None:
    queries = sample()[::13]
    truth = np.argsort(-(queries @ sample().T), axis=1, kind="stable")[:, :10]
    _, found = build().search(queries, 10)
    recall = np.mean([np.isin(t, f).mean() for t, f in zip(truth, found, strict=True)])
    assert recall >= 0.95


@every_index
def test_only_allowed_rows_are_found(build: Build) -> None:
    allowed = np.zeros(ROWS, bool)
    allowed[[3, 77, 78, 1199]] = True
    scores, rows = build().search(sample()[[77]], 6, allowed)
    found = rows[0][rows[0] >= 0]
    assert found[0] == 77
    assert set(found.tolist()) <= {3, 77, 78, 1199}
    assert (rows[0][len(found) :] == -1).all()
    assert np.isneginf(scores[0][len(found) :]).all()


@every_index
def test_nothing_allowed_is_all_padding(build: Build) -> None:
    scores, rows = build().search(sample()[:2], 4, np.zeros(ROWS, bool))
    assert rows.tolist() == [[-1] * 4] * 2
    assert np.isneginf(scores).all()


@every_index
def test_a_batch_finds_what_single_queries_find(build: Build) -> None:
    index = build()
    scores, rows = index.search(sample()[:30], 5)
    single = [index.search(sample()[n : n + 1], 5) for n in range(30)]
    assert np.array_equal(rows, np.concatenate([found for _, found in single]))
    assert scores.tobytes() == np.concatenate([score for score, _ in single]).tobytes()


@every_index
def test_a_saved_index_answers_as_before(build: Build, tmp_path: Path) -> None:
    index = build()
    index.save(tmp_path / "index")
    loaded = type(index).load(tmp_path / "index")
    assert loaded.size == index.size == ROWS
    assert_same(index, loaded)


@every_index
def test_equal_rows_give_an_equal_index(build: Build) -> None:
    assert_same(build(), build())


@every_index
def test_more_neighbours_than_rows_are_padded(build: Build) -> None:
    _, rows = build().search(sample()[:1], ROWS + 5)
    assert (rows[0] == -1).sum() >= 5


@every_index
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_neither_added_nor_searched(build: Build, value: float) -> None:
    index = build()
    broken = sample()[:3].copy()
    broken[1, 7] = value
    with pytest.raises(EnvironmentFailure, match="not finite"):
        index.add(broken)
    with pytest.raises(EnvironmentFailure, match="not finite"):
        index.search(broken, 3)
    assert index.size == ROWS


@every_index
def test_a_zero_query_scores_zero(build: Build) -> None:
    scores, _ = build().search(np.zeros((1, DIM), np.float32), 3)
    assert scores.tolist() == [[0.0] * 3]
