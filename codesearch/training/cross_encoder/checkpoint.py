"""What a training run keeps, so that one that was stopped goes on: safetensors, replaced as a whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from codesearch.core.errors import InputError

CHECKPOINT = "checkpoint.safetensors"
Tensors = Mapping[str, torch.Tensor]


@dataclass(slots=True)
class Standing:
    """How far a run is.

    Attributes:
        step: Steps done.
        loss: Smoothed; None before the first step.
        best_step: At which validation was best.
        best_score: Average precision there.
        stale: Validations since.
    """

    step: int = 0
    loss: float | None = None
    best_step: int = 0
    best_score: float = -1.0
    stale: int = 0


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A run's state.

    Attributes:
        standing: How far it is.
        weights: What is learnt, by parameter.
        optimiser: State of the optimiser, by parameter's number and name of the state.
        best: The weights at the best validation.
    """

    standing: Standing
    weights: Tensors
    optimiser: Mapping[int, Tensors]
    best: Tensors

    def write(self, path: Path, run: str) -> None:
        """A reader sees all of it or nothing.

        Args:
            path: Where.
            run: What tells this run from others; see :meth:`read`.
        """
        tensors = {f"weights/{name}": tensor for name, tensor in self.weights.items()}
        tensors |= {f"best/{name}": tensor for name, tensor in self.best.items()}
        for number, states in self.optimiser.items():
            tensors |= {f"optimiser/{number}/{name}": tensor for name, tensor in states.items()}
        owned = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
        temporary = path.with_suffix(".new")
        save_file(owned, temporary, {"run": run, "standing": json.dumps(asdict(self.standing))})
        temporary.replace(path)

    @classmethod
    def read(cls, path: Path, run: str) -> Checkpoint | None:
        """The state in a file; None where there is none or it is damaged.

        Raises:
            InputError: It belongs to another run.
        """
        try:
            with safe_open(path, framework="pt") as file:
                about = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  no mapping
            standing = Standing(**json.loads(about["standing"]))
        except (OSError, SafetensorError, KeyError, TypeError, ValueError):
            return None  # the run begins again, which costs time and nothing else
        if about.get("run") != run:
            raise InputError(
                f"{path} belongs to a run with other settings or data", "delete it, or name another --out"
            )
        optimiser: dict[int, dict[str, torch.Tensor]] = {}
        for name, tensor in tensors.items():
            if name.startswith("optimiser/"):
                _, number, state = name.split("/", 2)
                optimiser.setdefault(int(number), {})[state] = tensor
        return cls(standing, _under("weights/", tensors), optimiser, _under("best/", tensors))


def _under(prefix: str, tensors: Tensors) -> Tensors:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
