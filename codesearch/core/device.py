"""Where a computation runs: on the CPU or on GPUs, by what was asked for and what a library sees."""

from __future__ import annotations

from dataclasses import dataclass

from codesearch.core.errors import EnvironmentFailure

AUTO = "auto"
"""Asks for GPUs where there are some, and for the CPU elsewhere."""

PATTERN = r"^(auto|cpu|cuda(:\d{1,2})?)$"
"""What may be asked for: ``cuda:N`` is one GPU, ``cuda`` all that are visible."""


@dataclass(frozen=True, slots=True)
class Device:
    """Where something runs.

    Attributes:
        gpus: Numbers of the GPUs, ascending, as CUDA counts those that it may see; empty means the CPU.
    """

    gpus: tuple[int, ...] = ()

    def __str__(self) -> str:
        return ", ".join(f"cuda:{number}" for number in self.gpus) or "cpu"

    @property
    def first(self) -> str:
        """The name of the CPU or of the first GPU, for what runs on one: a model on torch."""
        return f"cuda:{self.gpus[0]}" if self.gpus else "cpu"


CPU = Device()


@dataclass(frozen=True, slots=True)
class Runtime:
    """What can compute on GPUs, as it is installed here: a driver or a library.

    Attributes:
        name: With its version, such as ``torch 2.13.0+cpu``.
        gpus: How many GPUs it sees.
        obstacle: Why it sees none, a predicate to its name; empty where it sees some.
        remedy: What would change that, as far as it can be told.
    """

    name: str
    gpus: int
    obstacle: str = ""
    remedy: str = ""


def choose(wanted: str, runtime: Runtime) -> Device:
    """The device that ``auto``, ``cpu``, ``cuda`` or ``cuda:N`` means for a runtime.

    Raises:
        EnvironmentFailure: A GPU is asked for that the runtime does not see; nothing takes its place.
    """
    if not wanted.startswith("cuda"):
        return Device(tuple(range(runtime.gpus))) if wanted == AUTO else CPU
    if not runtime.gpus:
        raise EnvironmentFailure(
            f"there is no device '{wanted}': {runtime.name} {runtime.obstacle}",
            runtime.remedy or "set the device to 'auto' or 'cpu'",
        )
    _, colon, number = wanted.partition(":")
    if not colon:
        return Device(tuple(range(runtime.gpus)))
    if int(number) >= runtime.gpus:
        seen = Device(tuple(range(runtime.gpus)))
        raise EnvironmentFailure(
            f"there is no device '{wanted}': {runtime.name} sees {runtime.gpus} "
            f"GPU{'' if runtime.gpus == 1 else 's'} ({seen})",
            "name one of them, or 'auto'; CUDA_VISIBLE_DEVICES hides others",
        )
    return Device((int(number),))
