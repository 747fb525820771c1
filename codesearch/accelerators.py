"""What ``codesearch doctor`` says of GPUs: which were found, what uses them, and why or why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec

from codesearch.core.device import Runtime, choose
from codesearch.core.device_probe import (
    driver,
    faiss_runtime,
    installed_faiss,
    onnx_providers,
    shown_faiss,
    torch_runtime,
)
from codesearch.core.errors import EnvironmentFailure
from codesearch.core.health import Check


def check_devices(wanted: str, *, transformer: bool) -> Iterator[Check]:
    """The driver, and every library that could use a GPU.

    What is missing is only wrong where the settings ask for it.

    Args:
        wanted: The device of the settings.
        transformer: Whether the embedder of the settings runs on torch; where it does not, FAISS has to use
            the GPU that is asked for.
    """
    yield _gpus(wanted)
    yield _torch(wanted, needed=transformer)
    yield _faiss(wanted, needed=not transformer)
    yield _onnx()


def _gpus(wanted: str) -> Check:
    found = driver()
    shown = ", ".join(f"cuda:{number} {name}" for number, name in enumerate(found.gpus))
    try:
        choose(wanted, found.runtime())
    except EnvironmentFailure as failure:
        return Check("gpu", False, failure.message, failure.hint)
    return Check(
        "gpu",
        True,
        f"{shown}; driver for CUDA {found.cuda}" if shown else f"none, {found.name} {found.obstacle}",
    )


def _torch(wanted: str, *, needed: bool) -> Check:
    if find_spec("torch") is None:
        return Check("torch", True, "not installed: models of the extra 'torch' cannot be used")
    return _library("torch", torch_runtime, wanted, "models", needed=needed)


def _faiss(wanted: str, *, needed: bool) -> Check:
    installed = installed_faiss()
    if len(installed) > 1:
        names = " ".join(installed)
        return Check(
            "faiss",
            False,
            f"{shown_faiss()}: each owns the module 'faiss', and what is there now is a mixture",
            f"'pip uninstall -y {names}', then 'pip install faiss-gpu' ('faiss-cpu' without an NVIDIA GPU)",
        )
    if find_spec("faiss") is None:
        return Check("faiss", False, "none", "pip install faiss-cpu")
    return _library("faiss", faiss_runtime, wanted, "vectors", needed=needed)


def _library(name: str, look: Callable[[], Runtime], wanted: str, what: str, *, needed: bool) -> Check:
    """Where a library computes, and why not on a GPU."""
    try:
        runtime = look()
        device = choose(wanted, runtime)
    except (ImportError, OSError) as error:  # shared libraries of CUDA are missing, or of another version
        reason = str(error).strip().partition("\n")[0]
        return Check(
            name, False, f"it cannot be loaded ({reason})", f"install {name} again, as docs/gpu.md says"
        )
    except EnvironmentFailure as failure:
        return Check(name, not needed, failure.message, failure.hint if needed else "")
    if device.gpus:
        return Check(name, True, f"{runtime.name}: {what} on {device}")
    reason = f"it {runtime.obstacle}" if runtime.obstacle else f"embedding.device is '{wanted}'"
    remedy = f"; to change that: {runtime.remedy}" if runtime.remedy and driver().gpus else ""
    return Check(name, True, f"{runtime.name}: {what} on the CPU, {reason}{remedy}")


def _onnx() -> Check:
    found = onnx_providers()
    if found is None:
        return Check("onnxruntime", True, "not installed: exported cross-encoders cannot be used")
    name, providers = found
    return Check("onnxruntime", True, f"{name}: models on the CPU, of {', '.join(providers)}")
