"""The contract of :class:`codesearch.core.protocols.VectorIndex`, over every implementation."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from codesearch.core.errors import EnvironmentFailure
from codesearch.core.protocols import VectorIndex
from codesearch.core.store.database import Database
from codesearch.core.types import F32
from indexer.embedding.stored import as_stored, as_vectors
from indexer.vectors.flat import FlatIndex
from indexer.vectors.gpu import Copy, GpuIndex, Host, on_cpu
from indexer.vectors.gpu_graph import by_hnsw, graphs
from indexer.vectors.ivf import IvfIndex
from indexer.vectors.ivf_pq import IvfPqIndex
from indexer.vectors.pgvector import PgVectorIndex

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


def ivf_pq() -> VectorIndex:
    return IvfPqIndex.build(as_stored(sample()))[0]


class OnCpu(GpuIndex):
    """The code for GPUs where there is none."""

    @classmethod
    def load(cls, path: Path, copy: Callable[[Host], Copy] | None = None) -> OnCpu:
        return super().load(path, copy or on_cpu().copy)


def gpu_flat() -> VectorIndex:
    return OnCpu(FlatIndex.of(as_stored(sample())), on_cpu().copy)


def gpu_ivf() -> VectorIndex:
    return OnCpu(IvfIndex.build(as_stored(sample()))[0], on_cpu().copy)


class DrawnOnCpu(GpuIndex):
    """Likewise of graphs."""

    @classmethod
    def load(cls, path: Path, copy: Callable[[Host], Copy] | None = None) -> DrawnOnCpu:
        return super().load(path, copy or graphs(by_hnsw()))


def gpu_graph() -> VectorIndex:
    return DrawnOnCpu(IvfIndex.build(as_stored(sample()))[0], graphs(by_hnsw()))


def gpus_flat() -> VectorIndex:
    return OnCpu(FlatIndex.of(as_stored(sample())), on_cpu(3).copy)


def gpus_ivf() -> VectorIndex:
    return OnCpu(IvfIndex.build(as_stored(sample()))[0], on_cpu(3).copy)


def pgvector(database: Database) -> VectorIndex:
    return PgVectorIndex.build(database, f"vectors_{next(TABLES)}", as_stored(sample()), exact_up_to=ROWS)


def pgvector_added(database: Database) -> VectorIndex:
    index = PgVectorIndex.build(
        database, f"vectors_{next(TABLES)}", as_stored(sample()[:500]), exact_up_to=ROWS
    )
    index.add(sample()[500:])
    return index


def pgvector_graph(database: Database) -> VectorIndex:
    return PgVectorIndex.build(database, f"vectors_{next(TABLES)}", as_stored(sample()), exact_up_to=0)


TABLES = count()
ON_SERVERS = [pgvector, pgvector_added, pgvector_graph]
IMPLEMENTATIONS = [
    flat,
    flat_added,
    ivf,
    ivf_pq,
    gpu_flat,
    gpu_ivf,
    gpu_graph,
    gpus_flat,
    gpus_ivf,
    *ON_SERVERS,
]
every_index = pytest.mark.parametrize("build", IMPLEMENTATIONS, indirect=True)
# pgvector draws the levels of its graph from random numbers that nobody can seed.
every_repeatable_index = pytest.mark.parametrize(
    "build", [make for make in IMPLEMENTATIONS if make is not pgvector_graph], indirect=True
)
Build = Callable[[], VectorIndex]


@pytest.fixture
def build(request: pytest.FixtureRequest) -> Build:
    """Makes an index; one of a server in a database of the test's own."""
    make = request.param
    return partial(make, request.getfixturevalue("vector_database")) if make in ON_SERVERS else make


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


@every_repeatable_index
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
