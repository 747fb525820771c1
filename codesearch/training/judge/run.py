"""A training run of a judge's adapter: steps, validation, early stopping."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from codesearch.core.errors import InputError
from codesearch.training.embedder.runlog import RunLog
from codesearch.training.judge.adapter import JudgeAdapter, Lecture
from codesearch.training.judge.recipe import JudgeRecipe

_LONGEST_GRADIENT = 1.0
_DECAY = 0.01


@dataclass(frozen=True, slots=True)
class Standing:
    """How good a model is on what was held out.

    Attributes:
        loss: Mean per token of the answers, in nats.
        accuracy: Share of the exercises whose verdict is the likelier one.
    """

    loss: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Taught:
    """What a run did; the adapter holds its best weights.

    Attributes:
        step: At which they were best, or the last one where nothing was held out.
        steps: That were taken.
        before: Of the base model on what was held out; None where nothing was.
        after: Of the best weights on it.
        seconds: That it took.
    """

    step: int
    steps: int
    before: Standing | None
    after: Standing | None
    seconds: float


def steps_of(lectures: Sequence[object], recipe: JudgeRecipe) -> int:
    """Steps of a run that is not ended early."""
    return recipe.epochs * math.ceil(len(lectures) / recipe.batch)


def teach(
    adapter: JudgeAdapter,
    taught: Sequence[Lecture],
    held_out: Sequence[Lecture],
    recipe: JudgeRecipe,
    folder: Path,
    advance: Callable[[int], None],
) -> Taught:
    """Fine-tune the adapter.

    Args:
        adapter: As it was opened; afterwards it has the best weights.
        taught: What is learnt, as often as it is seen in an epoch.
        held_out: Decides when to stop; where empty the last weights are kept.
        recipe: Numbers of the run.
        folder: For the log.
        advance: Hears how many more steps are done.

    Raises:
        InputError: The loss is not a number.
        EnvironmentFailure: Memory ran out.
    """
    started = time.monotonic()
    log = RunLog(folder)
    log.begin()
    weights = adapter.learnt
    optimiser = torch.optim.AdamW(weights.values(), weight_decay=_DECAY)
    steps, kept = steps_of(taught, recipe), _Kept(adapter, held_out)
    before = kept.standing
    if before:
        log.add(0, {"held_out_loss": round(before.loss, 4), "accuracy": round(before.accuracy, 4)})
    step = 0
    for batch in _batches(taught, recipe):
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate_at(step, steps)
        adapter.train(True)
        optimiser.zero_grad()
        loss = _learn(adapter, batch)
        step += 1
        if not math.isfinite(loss):
            raise InputError(f"the loss is not a number at step {step}", "lower --learning-rate")
        torch.nn.utils.clip_grad_norm_(weights.values(), _LONGEST_GRADIENT)
        optimiser.step()
        advance(1)
        figures = {"loss": round(loss, 4)}
        if held_out and (step % recipe.every == 0 or step == steps):
            now = kept.look(step)
            figures |= {"held_out_loss": round(now.loss, 4), "accuracy": round(now.accuracy, 4)}
        log.add(step, figures)
        if kept.stale >= recipe.patience:
            break
    kept.restore()
    return Taught(kept.step if held_out else step, step, before, kept.standing, time.monotonic() - started)


class _Kept:
    """The best weights so far, by the loss on what is held out."""

    def __init__(self, adapter: JudgeAdapter, held_out: Sequence[Lecture]) -> None:
        self._adapter = adapter
        self._held_out = held_out
        self._weights = self._copied()
        self.standing = self._measured() if held_out else None
        self.step = 0
        self.stale = 0

    def look(self, step: int) -> Standing:
        """How good the adapter is now; its weights are kept if they are the best."""
        now = self._measured()
        if self.standing is None or now.loss < self.standing.loss:
            self.standing, self.step, self.stale = now, step, 0
            self._weights = self._copied()
        else:
            self.stale += 1
        return now

    def restore(self) -> None:
        """Give the adapter its best weights; without anything held out it keeps the last ones."""
        if not self._held_out:
            return
        with torch.no_grad():
            for name, weight in self._adapter.learnt.items():
                weight.copy_(self._weights[name])

    def _copied(self) -> dict[str, torch.Tensor]:
        return {name: weight.detach().cpu().clone() for name, weight in self._adapter.learnt.items()}

    def _measured(self) -> Standing:
        adapter, lectures = self._adapter, self._held_out
        adapter.train(False)
        with torch.inference_mode():
            total = sum(adapter.loss(lecture).item() for lecture in lectures)
        tokens = sum(len(lecture.tokens) - lecture.begin for lecture in lectures)
        right = sum(adapter.says(lecture) is lecture.wanted for lecture in lectures)
        return Standing(total / tokens, right / len(lectures))


def _batches(taught: Sequence[Lecture], recipe: JudgeRecipe) -> list[list[Lecture]]:
    """The batches of all epochs, each in an order of its own."""
    draw = random.Random(recipe.seed)  # noqa: S311  a reproducible draw, no secret
    batches = []
    for _ in range(recipe.epochs):
        order = list(taught)
        draw.shuffle(order)
        batches += [order[first : first + recipe.batch] for first in range(0, len(order), recipe.batch)]
    return batches


def _learn(adapter: JudgeAdapter, batch: Sequence[Lecture]) -> float:
    """Add the gradients of the mean loss per token of the answers; one exercise at a time, as long prompts
    leave no memory for two.
    """
    tokens = sum(len(lecture.tokens) - lecture.begin for lecture in batch)
    total = 0.0
    for lecture in batch:
        loss = adapter.loss(lecture) / tokens
        loss.backward()
        total += loss.item()
    return total
