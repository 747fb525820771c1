"""What a copy on GPUs answers, on a machine that has none: the same code over FAISS's CPU indexes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import faiss
import numpy as np
import pytest
from numpy.typing import NDArray
from snippets import make_snapshot, real_fragments

from codesearch.core.device import Device
from codesearch.core.errors import EnvironmentFailure
from indexer.embedding.registry import load_embedder
from indexer.embedding.stored import Stored, as_stored, as_vectors
from indexer.vectors import gpu, gpu_choice
from indexer.vectors.flat import FlatIndex
from indexer.vectors.gpu import MOST, GpuIndex, Host, Placement, on_cpu, on_gpus
from indexer.vectors.gpu_choice import open_on
from indexer.vectors.gpu_graph import Drawing, by_hnsw
from indexer.vectors.ivf import IvfIndex

ODD = 100  # dimensions; where 16 divides them, FAISS's CPU rounds queries to the bytes of QT_8bit_direct


def rows_of(count: int, dim: int = ODD, seed: int = 3) -> Stored:
    random = np.random.default_rng(seed)
    centres = random.normal(size=(40, dim))
    vectors = centres[random.integers(0, 40, count)] + 0.3 * random.normal(size=(count, dim))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return as_stored(unit.astype(np.float32))


ROWS = rows_of(1500)


def flat() -> Host:
    return FlatIndex.of(ROWS)


def inverted() -> Host:
    return IvfIndex.build(ROWS)[0]


hosts = pytest.mark.parametrize("make", [flat, inverted])
Make = Callable[[], Host]


@hosts
@pytest.mark.parametrize("parts", [1, 2, 5])
def test_bytes_read_as_unsigned_give_the_scores_of_signed_ones(make: Make, parts: int) -> None:
    host = make()
    copy = GpuIndex(host, on_cpu(parts, signed=False).copy)
    queries = np.concatenate((as_vectors(ROWS[:40]), as_vectors(rows_of(40, seed=8)), -as_vectors(ROWS[:9])))
    scores, rows = host.search(queries, 12)
    copied, found = copy.search(queries, 12)
    assert scores.tobytes() == copied.tobytes()
    sure = scores > scores[:, [-1]]  # of equal scores at the end any row may be the one
    for ours, theirs, inner in zip(rows, found, sure, strict=True):
        assert set(ours[inner]) == set(theirs[inner])


def test_equal_scores_come_in_the_order_of_rows() -> None:
    twins = np.repeat(ROWS[:30], 5, axis=0)
    _, rows = GpuIndex(FlatIndex.of(twins), on_cpu(3).copy).search(as_vectors(ROWS[:30]), 5)
    assert np.array_equal(rows, np.arange(150).reshape(30, 5))


@hosts
@pytest.mark.parametrize("share", [0.002, 0.05, 0.5, 0.999])
def test_a_filter_leaves_what_the_host_would_leave(make: Make, share: float) -> None:
    host = make()
    copy = GpuIndex(host, on_cpu(2).copy)
    allowed = np.random.default_rng(1).random(len(ROWS)) < share
    queries = as_vectors(ROWS[::50])
    scores, _ = host.search(queries, 10, allowed)
    copied, found = copy.search(queries, 10, allowed)
    assert allowed[found[found >= 0]].all()
    assert (copied >= scores).all()  # what is not asked of the host may even be found in more lists


def test_more_neighbours_than_a_gpu_gives_come_from_the_host() -> None:
    rows = rows_of(MOST + 60, dim=16)
    host, queries = FlatIndex.of(rows), as_vectors(rows[:2])
    ours, theirs = (index.search(queries, MOST + 9) for index in (GpuIndex(host, on_cpu().copy), host))
    assert ours[0].tobytes() == theirs[0].tobytes()
    assert np.array_equal(ours[1], theirs[1])


def test_threads_take_turns() -> None:
    copy = GpuIndex(flat(), on_cpu(2).copy)
    wanted = copy.search(as_vectors(ROWS[:20]), 5)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: copy.search(as_vectors(ROWS[:20]), 5), range(12)))
    assert all(np.array_equal(rows, wanted[1]) for _, rows in answers)


def test_what_does_not_fit_is_one_line() -> None:
    def full(index: faiss.Index, part: int) -> faiss.Index:
        raise RuntimeError(f"Error in alloc {part} of {index.d}\ncudaMalloc: out of memory")

    with pytest.raises(
        EnvironmentFailure, match=r"1,500 vectors of 100 dimensions cannot .* cuda:0 .*out of mem"
    ):
        GpuIndex(flat(), Placement("cuda:0", 1, False, full).copy)


def test_every_part_goes_to_a_gpu_of_its_own_as_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    """The calls of FAISS's GPU build, which is not here, with its names and order of arguments."""
    calls: list[tuple[object, int, bool]] = []

    def index_cpu_to_gpu(
        resources: object, number: int, index: faiss.Index, options: SimpleNamespace
    ) -> faiss.Index:
        calls.append((resources, number, options.useFloat16))
        return index

    gpu.resources.cache_clear()
    monkeypatch.setattr(faiss, "StandardGpuResources", object, raising=False)
    monkeypatch.setattr(faiss, "GpuClonerOptions", SimpleNamespace, raising=False)
    monkeypatch.setattr(faiss, "index_cpu_to_gpu", index_cpu_to_gpu, raising=False)
    first, second = (GpuIndex(flat(), on_gpus(Device((1, 3))).copy) for _ in range(2))
    gpu.resources.cache_clear()
    assert [(number, half) for _, number, half in calls] == [(1, True), (3, True)] * 2
    assert calls[0][0] is calls[2][0]
    assert calls[0][0] is not calls[1][0]
    rows: list[NDArray[np.int64]] = [index.search(as_vectors(ROWS[:5]), 1)[1] for index in (first, second)]
    assert [found[:, 0].tolist() for found in rows] == [[0, 1, 2, 3, 4]] * 2


def test_a_segment_is_opened_on_the_gpus_that_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(gpu, "on_gpus", lambda device: on_cpu(len(device.gpus)))
    embedder = load_embedder("hashed-ngrams-1")
    snapshot = make_snapshot(tmp_path, [real_fragments()[:6]], embedder)
    [(segment, _)] = snapshot.parts()
    index = open_on(Device((0, 1)), segment, trusted=True)
    assert isinstance(index, GpuIndex)
    assert index.size == 6


def test_a_large_segment_becomes_a_graph_where_one_gpu_can_draw_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(gpu, "on_gpus", lambda device: on_cpu(len(device.gpus)))
    monkeypatch.setattr(gpu_choice, "open_structure", lambda _segment, _trusted: inverted())
    monkeypatch.setattr(gpu_choice, "has_cagra", lambda: True)
    drawn: list[int] = []

    def drawing(number: int) -> Drawing:
        drawn.append(number)
        return by_hnsw()

    monkeypatch.setattr(gpu_choice, "by_cagra", drawing)
    snapshot = make_snapshot(tmp_path, [real_fragments()[:2]], load_embedder("hashed-ngrams-1"))
    [(segment, _)] = snapshot.parts()
    for numbers in ((0, 1), (1,)):
        index = open_on(Device(numbers), segment, trusted=True)
        _, rows = index.search(as_vectors(ROWS[:20]), 1)
        assert np.array_equal(rows[:, 0], np.arange(20))
    assert drawn == [1]
