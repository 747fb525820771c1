"""What this machine has for GPUs: the driver, and the libraries that could use it.

Nothing is imported before it is asked about, and the driver is asked without any library.
"""

from __future__ import annotations

import ctypes
import re
import warnings
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata, version
from importlib.util import find_spec

from codesearch.core.device import Runtime, choose

FAISS_FOR_CPU = "faiss-cpu"
FAISS_DISTRIBUTIONS = (FAISS_FOR_CPU, "faiss-gpu", "faiss-gpu-cuvs", "faiss-gpu-cu12")
"""Each owns the module ``faiss``, so that only one of them may be installed."""

GPU_SEARCH = "'pip uninstall faiss-cpu', then 'pip install faiss-gpu'"
"""The step that lets vectors be searched on a GPU."""

_NO_DEVICE = 100  # CUDA_ERROR_NO_DEVICE
_NAME_BYTES = 256


@dataclass(frozen=True, slots=True)
class Driver:
    """The NVIDIA driver.

    Attributes:
        cuda: The newest CUDA that it runs, such as ``12.8``; empty where there is no driver.
        gpus: Names of the GPUs that this process may see, in CUDA's order.
        obstacle: Why there are none, a predicate to its name; empty where there are some.
    """

    cuda: str
    gpus: tuple[str, ...]
    obstacle: str

    @property
    def name(self) -> str:
        """What to call it, or that there is none."""
        return f"the NVIDIA driver (CUDA {self.cuda})" if self.cuda else "this machine"

    def runtime(self) -> Runtime:
        """The driver as something that sees GPUs."""
        return Runtime(self.name, len(self.gpus), self.obstacle)


def require(wanted: str) -> None:
    """Refuse a GPU that is asked for by name where the driver sees none; anything else is always there.

    Raises:
        EnvironmentFailure: There is no such GPU.
    """
    if wanted.startswith("cuda"):
        choose(wanted, driver().runtime())


@cache
def driver() -> Driver:
    """What the driver's own library says, once per process; ``CUDA_VISIBLE_DEVICES`` hides GPUs from it."""
    try:
        library = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return Driver("", (), "has no NVIDIA driver (libcuda.so.1)")
    number = ctypes.c_int()
    library.cuDriverGetVersion(ctypes.byref(number))
    cuda = f"{number.value // 1000}.{number.value % 1000 // 10}"
    failure = library.cuInit(0) or library.cuDeviceGetCount(ctypes.byref(number))
    if failure == _NO_DEVICE or (not failure and not number.value):
        return Driver(cuda, (), "sees no GPU, or CUDA_VISIBLE_DEVICES hides it")
    if failure:
        return Driver(cuda, (), f"does not start (CUDA error {failure})")
    return Driver(cuda, tuple(_gpu_name(library, ordinal) for ordinal in range(number.value)), "")


def _gpu_name(library: ctypes.CDLL, ordinal: int) -> str:
    text, device = ctypes.create_string_buffer(_NAME_BYTES), ctypes.c_int()
    library.cuDeviceGet(ctypes.byref(device), ordinal)
    library.cuDeviceGetName(text, _NAME_BYTES, device)
    return text.value.decode("utf-8", "replace")


def torch_runtime() -> Runtime:
    """torch and the GPUs it sees; imports it, which takes a second.

    Raises:
        ImportError: It is not installed, or damaged.
    """
    import torch

    name = f"torch {torch.__version__}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a driver that is too old; it is said below
        seen = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if seen:
        return Runtime(name, seen)
    if torch.version.cuda is None:
        return Runtime(name, 0, "is built without CUDA", "install a torch that is built for CUDA")
    built = f"is built for CUDA {torch.version.cuda}"
    if driver().gpus:
        return Runtime(name, 0, f"{built}, the driver runs up to {driver().cuda}", "update the driver")
    return Runtime(name, 0, f"{built}, but {driver().name} {driver().obstacle}")


def faiss_runtime() -> Runtime:
    """FAISS and the GPUs it sees."""
    import faiss

    name = shown_faiss() or f"faiss {faiss.__version__}"
    if not hasattr(faiss, "StandardGpuResources"):
        return Runtime(name, 0, "is built without CUDA", f"replace it: {GPU_SEARCH}")
    # FAISS's own count ends the process where there is no driver, or one that is too old.
    built, found = _cuda_of_faiss(), driver()
    if not found.gpus:
        return Runtime(name, 0, f"is built for CUDA {built}, but {found.name} {found.obstacle}")
    if int(found.cuda.partition(".")[0]) < built:
        obstacle = f"is built for CUDA {built}, the driver runs up to {found.cuda}"
        return Runtime(name, 0, obstacle, "update the driver, or install another of faiss-gpu")
    return Runtime(name, int(faiss.get_num_gpus()))


def _cuda_of_faiss() -> int:
    """The major version of CUDA that the installed FAISS says it is built for; 12 where it says none."""
    for name in installed_faiss():
        for classifier in metadata(name).get_all("Classifier") or ():
            if found := re.fullmatch(r"Environment :: GPU :: NVIDIA CUDA :: (\d+).*", classifier):
                return int(found[1])
    return 12


def installed_faiss() -> dict[str, str]:
    """Versions of the installed distributions that own the module ``faiss``, by name."""
    found = {}
    for name in FAISS_DISTRIBUTIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def shown_faiss() -> str:
    """Those distributions, for a message."""
    return ", ".join(f"{name} {number}" for name, number in installed_faiss().items())


def onnx_providers() -> tuple[str, tuple[str, ...]] | None:
    """onnxruntime with its version, and what it can run a model on, the best first; None where it is not
    installed.
    """
    if find_spec("onnxruntime") is None:
        return None
    import onnxruntime

    return f"onnxruntime {onnxruntime.__version__}", tuple(onnxruntime.get_available_providers())
