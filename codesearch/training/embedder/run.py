"""A training run of the static embedder: steps, validation, checkpoints, early stopping."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from zipfile import BadZipFile
from zlib import crc32

import numpy as np
import torch
from numpy.typing import NDArray

from codesearch.core.errors import InputError
from codesearch.core.types import F32
from codesearch.training.embedder.bag import BagState, learn
from codesearch.training.embedder.batches import BatchSource
from codesearch.training.embedder.dataset import LabelledBags
from codesearch.training.embedder.quantise import quantised
from codesearch.training.embedder.runlog import RunLog
from codesearch.training.embedder.validation import HeldOut, validate
from codesearch.training.sets import Diet

F64 = NDArray[np.float64]

CHECKPOINT = "checkpoint.npz"
_WARM_UP = 100  # steps until the full rate
_LAST_RATE = 0.02  # share of the rate at the end
_SMOOTHING = 0.98  # of the loss that is logged


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the rows are learnt; every number was chosen on validation splits (``docs/models.md``).

    Attributes:
        steps: Batches.
        batch: Fragments in a batch, about.
        dim: Length of a vector.
        rate: Highest learning rate.
        temperature: Of the loss.
        dropped: Share of features dropped from each fragment.
        every: Steps between two validations.
        patience: Validations without a better one after which the run ends.
        seed: Of every draw.
        device: torch's name for where it runs.
    """

    steps: int = 3000
    batch: int = 1024
    dim: int = 256
    rate: float = 1e-2
    temperature: float = 0.06
    dropped: float = 0.3
    every: int = 400
    patience: int = 5
    seed: int = 0
    device: str = "cpu"


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a run gives.

    Attributes:
        rows: int8 [rows, dim].
        step: At which they were best.
        scores: MAP@R of these rows by held-out set.
        seconds: Of this process's share of the run.
    """

    rows: NDArray[np.int8]
    step: int
    scores: Mapping[str, float]
    seconds: float


def learn_rows(
    sets: Sequence[tuple[LabelledBags, Diet]],
    held_out: Mapping[str, HeldOut],
    idf: F32,
    recipe: Recipe,
    folder: Path,
    advance: Callable[[int], None],
) -> Learnt:
    """Learn the rows; a run that was stopped goes on from its checkpoint in ``folder``.

    Args:
        sets: What is learnt from.
        held_out: What decides which step was best; without any the last one is.
        idf: float32 [rows], length of the rows at the start.
        recipe: Numbers of the run.
        folder: For the checkpoint and the log.
        advance: Hears how many more steps are done.

    Raises:
        InputError: No set has two groups with two fragments each, or the checkpoint is of another run.
    """
    started = time.monotonic()
    source = BatchSource(sets, recipe.batch, recipe.dropped, recipe.seed)
    log = RunLog(folder)
    checkpoint = folder / CHECKPOINT
    identity = _identity(recipe, idf)
    run = _Run.resumed(checkpoint, identity, recipe.device) or _Run.fresh(idf, recipe)
    if run.step:
        advance(run.step)
    else:
        log.begin()
    while run.step < recipe.steps and run.stale < recipe.patience:
        loss = learn(run.state, source.draw(run.step), recipe.temperature, _rate(recipe, run.step))
        if not np.isfinite(loss):
            raise InputError(f"the loss is not a number at step {run.step}", "lower the learning rate")
        run.step += 1
        run.loss = loss if run.loss is None else _SMOOTHING * run.loss + (1 - _SMOOTHING) * loss
        if run.step % recipe.every == 0 or run.step == recipe.steps:
            run.judge(validate(held_out, run.state.weights.cpu().numpy()))
            run.keep(checkpoint, identity)
            log.add(run.step, {"loss": round(run.loss, 4), **run.scores})
        advance(1)
    rows = quantised(run.best)
    checkpoint.unlink(missing_ok=True)
    return Learnt(rows, run.best_step, validate(held_out, rows), time.monotonic() - started)


def _rate(recipe: Recipe, step: int) -> float:
    """Rises over the first steps, then falls in a line."""
    return recipe.rate * min(1.0, (step + 1) / _WARM_UP) * max(_LAST_RATE, 1 - step / recipe.steps)


@dataclass(slots=True)
class _Run:
    state: BagState
    step: int
    loss: float | None
    best: F32
    best_step: int
    best_score: float
    stale: int
    scores: Mapping[str, float]

    @classmethod
    def fresh(cls, idf: F32, recipe: Recipe) -> _Run:
        state = BagState.start(idf, recipe.dim, recipe.seed, recipe.device)
        return cls(state, 0, None, state.weights.cpu().numpy().copy(), 0, -1.0, 0, {})

    def judge(self, scores: Mapping[str, float]) -> None:
        """Keep the rows if they are the best so far."""
        self.scores = {name: round(score, 4) for name, score in scores.items()}
        score = sum(scores.values()) / len(scores) if scores else float(self.step)
        if score > self.best_score:
            self.best, self.best_step = self.state.weights.cpu().numpy().copy(), self.step
            self.best_score, self.stale = score, 0
        else:
            self.stale += 1

    def keep(self, path: Path, identity: F64) -> None:
        """Write everything that the next process needs; a reader sees all of it or nothing."""
        arrays = {name: tensor.cpu().numpy() for name, tensor in _tensors(self.state).items()}
        progress = [self.step, self.loss or 0.0, self.best_step, self.best_score, self.stale]
        temporary = path.with_suffix(".new")
        with temporary.open("wb") as file:
            np.savez(file, **arrays, best=self.best, progress=progress, identity=identity)
        temporary.replace(path)

    @classmethod
    def resumed(cls, path: Path, identity: F64, device: str) -> _Run | None:
        """The run that a checkpoint holds; None where there is none or it was cut off."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            state = BagState(*(torch.from_numpy(arrays[name]).to(device) for name in BagState.__slots__))
            step, loss, best_step, best_score, stale = arrays["progress"].tolist()
            made_with = arrays["identity"].tolist()
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return None  # the run begins again, which costs time and nothing else
        if made_with != identity.tolist():
            raise InputError(
                f"{path} belongs to a run with other settings or data", "delete it, or name another --out"
            )
        return cls(state, int(step), loss, arrays["best"], int(best_step), best_score, int(stale), {})


def _tensors(state: BagState) -> dict[str, torch.Tensor]:
    return {name: getattr(state, name) for name in BagState.__slots__}


def _identity(recipe: Recipe, idf: F32) -> F64:
    """Numbers that are equal for runs that learn the same from the same data."""
    decisive = {**asdict(recipe), "device": 0, "every": 0, "patience": 0}
    return np.array([*(float(value) for value in decisive.values()), len(idf), crc32(idf.tobytes())])
