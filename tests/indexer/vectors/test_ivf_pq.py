"""Codes propose, stored rows decide."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import pytest

from codesearch.core.types import F32
from indexer.embedding.stored import SCALE, Stored, as_stored, as_vectors
from indexer.vectors import ivf_pq
from indexer.vectors.flat import FlatIndex
from indexer.vectors.ivf_pq import IvfPqIndex, code_bytes, structure_bytes

DIM = 64


def clustered(count: int, seed: int) -> Stored:
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(3).normal(size=(60, DIM))
    vectors = centres[random.integers(0, 60, count)] + 0.5 * random.normal(size=(count, DIM))
    return as_stored((vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32))


ROWS = clustered(6000, 1)
QUERIES: F32 = as_vectors(clustered(200, 2))


@pytest.fixture(scope="module")
def built() -> tuple[IvfPqIndex, float]:
    return IvfPqIndex.build(ROWS)


def test_nearly_all_neighbours_are_found_with_their_exact_scores(built: tuple[IvfPqIndex, float]) -> None:
    index, recall = built
    truth, _ = FlatIndex.of(ROWS).search(QUERIES, 10)
    scores, rows = index.search(QUERIES, 10)
    assert recall >= 0.95
    assert (scores >= truth[:, -1:]).mean() >= 0.95
    exact = (QUERIES[:, None] * as_vectors(ROWS)[rows]).sum(axis=2)
    assert np.allclose(scores, exact, atol=1 / SCALE**2)


def test_equal_scores_come_in_the_order_of_rows() -> None:
    rows = np.repeat(clustered(300, 4), 4, axis=0)
    scores, found = IvfPqIndex.build(rows)[0].search(as_vectors(rows[::50]), 8)
    tied = scores[:, 1:] == scores[:, :-1]
    assert tied.sum() > len(scores)
    assert (found[:, 1:] > found[:, :-1])[tied].all()


def test_any_number_of_threads_builds_the_same_file(tmp_path: Path) -> None:
    before = faiss.omp_get_max_threads()
    files = []
    try:
        for threads in (1, 2, 3):
            faiss.omp_set_num_threads(threads)
            IvfPqIndex.build(ROWS)[0].save_structure(tmp_path / f"{threads}.faiss")
            files.append((tmp_path / f"{threads}.faiss").read_bytes())
    finally:
        faiss.omp_set_num_threads(before)
    assert files[0] == files[1] == files[2]


def test_few_allowed_rows_are_compared_exactly(built: tuple[IvfPqIndex, float]) -> None:
    allowed = np.zeros(len(ROWS), bool)
    allowed[::40] = True
    ours, theirs = (index.search(QUERIES, 20, allowed) for index in (built[0], FlatIndex.of(ROWS)))
    assert np.array_equal(ours[0], theirs[0])


def test_many_allowed_rows_are_found_among_the_codes(
    built: tuple[IvfPqIndex, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ivf_pq, "_FEW_ALLOWED", 10)
    for share in (2, 30):  # half of the rows, and fewer than the lists are trusted with
        allowed = np.arange(len(ROWS)) % share == 0
        scores, rows = built[0].search(QUERIES, 10, allowed)
        truth, _ = FlatIndex.of(ROWS).search(QUERIES, 10, allowed)
        assert allowed[rows[rows >= 0]].all()
        assert (scores >= truth[:, -1:]).mean() >= 0.93


def test_hard_rows_get_a_longer_shortlist_or_more_probes() -> None:
    random = np.random.default_rng(0).normal(size=(5000, DIM)).astype(np.float32)
    rows = as_stored(random / np.linalg.norm(random, axis=1, keepdims=True))
    index, recall = IvfPqIndex.build(rows)
    assert recall >= 0.95
    assert index.shortlist > ivf_pq.SHORTLIST


def test_a_small_sample_trains_as_well(built: tuple[IvfPqIndex, float]) -> None:
    assert IvfPqIndex.build(ROWS, training_bytes=1)[1] >= 0.9


def test_codes_and_numbers_take_a_sixth_of_many_rows() -> None:
    assert structure_bytes(1_000_000, 256) < 256 * 1_000_000 / 5.5
    assert [code_bytes(dim) for dim in (256, 1024, 100, 7)] == [32, 128, 20, 1]
