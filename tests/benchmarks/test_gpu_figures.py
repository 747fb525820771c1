"""The benchmark of GPUs: its steps on a machine without one, its refusal there, and its table."""

from __future__ import annotations

import pytest

from benchmarks import gpu
from benchmarks.gpu import JOINS, measured_join, synthetic_rows, table
from codesearch.core.device import Device
from codesearch.core.device_probe import Driver
from codesearch.core.errors import CodesearchError, EnvironmentFailure
from indexer.vectors import gpu as gpu_vectors
from indexer.vectors import gpu_graph
from indexer.vectors.gpu import on_cpu
from indexer.vectors.gpu_graph import by_hnsw


@pytest.fixture
def on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_vectors, "on_gpus", lambda device: on_cpu(len(device.gpus)))


def test_without_a_gpu_it_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from benchmarks.__main__ import main

    monkeypatch.setattr(gpu, "driver", lambda: Driver("", (), "has no NVIDIA driver"))
    assert main(["gpu"]) == 3
    said = capsys.readouterr().err
    assert said.startswith("benchmarks: error: there is no GPU to measure: this machine has no NVIDIA driver")
    assert said.count("\n") == 1


@pytest.mark.usefixtures("on_this_machine")
@pytest.mark.parametrize("kind", JOINS)
def test_a_self_join_is_measured_and_compared(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_graph, "has_cagra", lambda: True)
    monkeypatch.setattr(gpu_graph, "by_cagra", lambda _: by_hnsw())
    found = measured_join(kind, synthetic_rows(3000, 1), Device((0, 1)))
    assert found["rows"] == 3000
    assert found["same_neighbours"] > (0.9 if kind == "graph" else 0.9999)
    assert found["largest_difference"] == 0
    figures = {
        "gpus": ["Fast"],
        "driver_cuda": "13.0",
        "faiss": "faiss-gpu 1.15.1",
        "seed": 0,
        kind: found,
        "unavailable": {"embedding": "torch 9 is built without CUDA"},
    }
    shown = "\n".join(table(figures))
    assert "The 8 nearest of each of 3,000 rows of 256 dimensions" in shown
    assert f"| {kind} |" in shown
    assert "Not measured, embedding: torch 9 is built without CUDA." in shown


def test_results_that_differ_end_the_benchmark() -> None:
    gpu._require_equal("scores", 0.009)
    for difference in (0.011, float("nan")):
        with pytest.raises(CodesearchError, match="scores on the GPU differ") as failed:
            gpu._require_equal("scores", difference)
        assert not isinstance(failed.value, EnvironmentFailure)  # which would pass as something not installed


def test_the_table_tells_how_much_faster_embedding_is() -> None:
    embedding = {
        "model": "minilm",
        "fragments": 20_000,
        "tokens_per_fragment": 120.0,
        "gpu_per_second": 4000.0,
        "gpu_peak_bytes": 2_000_000_000,
        "cpu_per_second": 20.0,
        "cpu_cores": 2,
        "largest_difference": 0.0004,
    }
    head = {"gpus": ["Fast"], "driver_cuda": "13.0", "faiss": "", "seed": 0, "unavailable": {}}
    assert "200 times" in "\n".join(table({**head, "embedding": embedding}))
