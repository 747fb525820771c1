"""Which device a name means, and what is said where it is not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import call, tally, write_tree

from codesearch import accelerators
from codesearch.accelerators import check_devices
from codesearch.core import device_probe
from codesearch.core.device import CPU, Device, Runtime, choose
from codesearch.core.device_probe import Driver, faiss_runtime
from codesearch.core.errors import EnvironmentFailure
from codesearch.core.health import Check

TWO = Runtime("torch 9", 2)
NONE = Runtime("torch 9", 0, "is built without CUDA", "install another")
NO_DRIVER = Driver("", (), "has no NVIDIA driver (libcuda.so.1)")
WITH_GPU = Driver("13.0", ("Fast", "Slow"), "")


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, NO_DRIVER)


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, WITH_GPU)


def found(monkeypatch: pytest.MonkeyPatch, driver: Driver) -> None:
    for module in (device_probe, accelerators):
        monkeypatch.setattr(module, "driver", lambda: driver)


def checks(wanted: str, *, transformer: bool = False) -> dict[str, Check]:
    return {check.name: check for check in check_devices(wanted, transformer=transformer)}


def test_auto_takes_what_is_there_and_a_number_one_of_it() -> None:
    assert choose("auto", TWO) == choose("cuda", TWO) == Device((0, 1))
    assert choose("cuda:1", TWO) == Device((1,))
    assert choose("auto", NONE) == choose("cpu", TWO) == choose("cpu", NONE) == CPU
    assert [str(CPU), CPU.first, str(Device((0, 1))), Device((1, 2)).first] == [
        "cpu",
        "cpu",
        "cuda:0, cuda:1",
        "cuda:1",
    ]


def test_what_is_asked_for_and_not_there_is_one_line() -> None:
    with pytest.raises(EnvironmentFailure) as absent:
        choose("cuda", NONE)
    assert str(absent.value) == "there is no device 'cuda': torch 9 is built without CUDA: install another"
    with pytest.raises(
        EnvironmentFailure, match=r"no device 'cuda:7': torch 9 sees 2 GPUs \(cuda:0, cuda:1\)"
    ):
        choose("cuda:7", TWO)
    with pytest.raises(EnvironmentFailure, match=r"sees 1 GPU \(cuda:0\)"):
        choose("cuda:1", Runtime("torch 9", 1))


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize(
    "words", [("index", "corpus"), ("query", "a.py"), ("audit", "corpus"), ("serve", "--port", "0")]
)
def test_every_command_refuses_a_gpu_that_is_not_there(user: Path, words: tuple[str, ...]) -> None:
    write_tree(user / "corpus", {"a.py": tally("first")})
    done = call(*words, "--device", "cuda")
    assert done.code == 3
    assert "there is no device 'cuda': this machine has no NVIDIA driver (libcuda.so.1)" in done.error
    assert not (user / ".codesearch").exists()


@pytest.mark.usefixtures("two_gpus")
def test_a_number_beyond_the_last_gpu_is_refused(user: Path) -> None:
    write_tree(user, {"a.py": tally("first")})
    done = call("query", "a.py", "--device", "cuda:7")
    assert done.code == 3
    assert "the NVIDIA driver (CUDA 13.0) sees 2 GPUs (cuda:0, cuda:1)" in done.error


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:x", "CUDA", "mps", "cuda:-1"])
def test_a_name_that_is_no_device_is_wrong_usage(user: Path, name: str) -> None:
    done = call("query", "a.py", "--device", name)
    assert done.code == 2
    assert f"'{name}' is none of auto, cpu, cuda and cuda:N" in done.error
    assert list(user.iterdir()) == []


def test_a_device_of_the_settings_is_refused_when_it_is_used(
    user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(monkeypatch, NO_DRIVER)
    monkeypatch.setenv("CODESEARCH_EMBEDDING__DEVICE", "cuda:1")
    write_tree(user / "corpus", {"a.py": tally("first")})
    assert call("config", "show").code == 0
    done = call("index", "corpus")
    assert done.code == 3
    assert "nothing would run on 'cuda:1': the embedder 'static-1' runs on the CPU, and faiss" in done.error


def test_the_cpu_needs_no_look_at_gpus(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def looked() -> Driver:
        raise AssertionError("nobody asked for a GPU")

    monkeypatch.setattr(device_probe, "driver", looked)
    write_tree(user / "corpus", {"a.py": tally("first")})
    assert call("index", "corpus", "--device", "cpu").code == 0
    assert call("index", "corpus", "--device", "auto").code == 0


@pytest.mark.usefixtures("no_gpu")
def test_doctor_takes_a_machine_without_gpus_as_it_is() -> None:
    told = checks("auto")
    assert all(check.healthy for check in told.values())
    assert told["gpu"].detail == "none, this machine has no NVIDIA driver (libcuda.so.1)"
    assert "vectors on the CPU, it is built without CUDA" in told["faiss"].detail
    assert "to change that" not in told["faiss"].detail


@pytest.mark.usefixtures("two_gpus")
def test_doctor_says_what_keeps_a_gpu_from_being_used() -> None:
    told = checks("auto")
    assert told["gpu"].detail == "cuda:0 Fast, cuda:1 Slow; driver for CUDA 13.0"
    assert told["faiss"].healthy
    assert "'pip uninstall faiss-cpu', then 'pip install faiss-gpu'" in told["faiss"].detail
    asked = checks("cuda")
    assert asked["gpu"].healthy
    assert not asked["faiss"].healthy
    assert "pip install faiss-gpu" in asked["faiss"].hint
    assert checks("cuda", transformer=True)["faiss"].healthy
    assert not checks("cuda:2")["gpu"].healthy


@pytest.mark.usefixtures("two_gpus")
def test_doctor_says_that_a_transformer_cannot_use_the_gpu_it_is_asked_to() -> None:
    torch = pytest.importorskip("torch")
    if torch.version.cuda is not None:
        pytest.skip("this torch is built for CUDA")
    assert checks("auto", transformer=True)["torch"].healthy
    assert not checks("cuda", transformer=True)["torch"].healthy
    assert checks("cuda", transformer=False)["torch"].healthy


@pytest.mark.usefixtures("two_gpus")
def test_two_distributions_of_faiss_are_named_with_their_repair(monkeypatch: pytest.MonkeyPatch) -> None:
    both = {"faiss-cpu": "1.15.1", "faiss-gpu": "1.15.1"}
    for module in (device_probe, accelerators):
        monkeypatch.setattr(module, "installed_faiss", lambda: both)
    check = checks("auto")["faiss"]
    assert not check.healthy
    assert check.detail.startswith("faiss-cpu 1.15.1, faiss-gpu 1.15.1: each owns the module 'faiss'")
    assert check.hint.startswith("'pip uninstall -y faiss-cpu faiss-gpu', then 'pip install faiss-gpu'")


def test_faiss_is_not_asked_for_gpus_where_its_count_would_end_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import faiss

    def count() -> int:
        raise AssertionError("it would abort")

    monkeypatch.setattr(faiss, "StandardGpuResources", object, raising=False)
    monkeypatch.setattr(faiss, "get_num_gpus", count)
    found(monkeypatch, NO_DRIVER)
    assert faiss_runtime().obstacle.startswith("is built for CUDA 12, but this machine has no NVIDIA driver")
    found(monkeypatch, Driver("11.8", ("Old",), ""))
    assert faiss_runtime().obstacle == "is built for CUDA 12, the driver runs up to 11.8"
    found(monkeypatch, WITH_GPU)
    monkeypatch.setattr(faiss, "get_num_gpus", lambda: 2)
    assert faiss_runtime().gpus == 2
