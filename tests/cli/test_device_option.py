"""``--device`` from end to end, with GPUs that are only said to be there."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import call, tally, unique, write_tree

from codesearch.core import device_probe
from codesearch.core.device import Device, Runtime
from codesearch.core.device_probe import Driver
from indexer.embedding import registry
from indexer.vectors import gpu
from indexer.vectors.gpu import Placement, on_cpu


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> list[Device]:
    """Where vectors were copied to."""
    placed: list[Device] = []

    def place(device: Device) -> Placement:
        placed.append(device)
        return on_cpu(len(device.gpus))

    monkeypatch.setattr(device_probe, "driver", lambda: Driver("13.0", ("Fast", "Slow"), ""))
    for module in (device_probe, registry):
        monkeypatch.setattr(module, "faiss_runtime", lambda: Runtime("faiss-gpu 9", 2))
    monkeypatch.setattr(gpu, "on_gpus", place)
    return placed


@pytest.fixture
def corpus(user: Path) -> Path:
    functions = {f"m{number}.py": unique(number) for number in range(6)}
    write_tree(user / "corpus", {**functions, "a.py": tally("first"), "b.py": tally("second")})
    write_tree(user, {"mine.py": tally("third")})
    assert call("index", "corpus").code == 0
    return user / "corpus"


@pytest.mark.usefixtures("corpus")
@pytest.mark.parametrize(("name", "device"), [("cuda", Device((0, 1))), ("cuda:1", Device((1,)))])
def test_a_query_on_gpus_finds_what_it_finds_on_the_cpu(
    two_gpus: list[Device], name: str, device: Device
) -> None:
    on_gpus = call("query", "mine.py", "--device", name, "--json").document
    assert two_gpus == [device]
    on_cpu = call("query", "mine.py", "--device", "cpu", "--json").document
    assert on_gpus["results"] == on_cpu["results"]
    assert on_gpus["degraded"] == on_cpu["degraded"]
    assert two_gpus == [device]


@pytest.mark.usefixtures("corpus")
def test_auto_leaves_searching_to_the_cpu_and_gives_audits_the_gpus(two_gpus: list[Device]) -> None:
    assert call("query", "mine.py", "--json").code == 0
    assert two_gpus == []
    on_gpus = call("audit", "--no-refresh", "--types", "all", "--json").document
    assert two_gpus == [Device((0, 1))]
    on_cpu = call("audit", "--no-refresh", "--types", "all", "--device", "cpu", "--json").document
    assert on_gpus["classes"] == on_cpu["classes"]


@pytest.mark.usefixtures("corpus", "two_gpus")
def test_searching_on_the_cpu_beside_a_model_on_a_gpu_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        device_probe, "faiss_runtime", lambda: Runtime("faiss-cpu 9", 0, "is built without CUDA")
    )
    asked = call("query", "mine.py", "--device", "cuda", "--json").document
    assert "dense:on-cpu" in asked["degraded"]
    assert "dense:on-cpu" not in call("query", "mine.py", "--json").document["degraded"]
