"""A training run of a cross-encoder: steps, validation, checkpoints, early stopping."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from codesearch.core.errors import InputError
from codesearch.core.types import Fragment
from codesearch.evaluation.metrics import average_precision
from codesearch.training.cross_encoder.checkpoint import CHECKPOINT, Checkpoint, Standing, Tensors
from codesearch.training.cross_encoder.draw import PairDraw
from codesearch.training.cross_encoder.lesson import Lesson
from codesearch.training.cross_encoder.network import PairNetwork
from codesearch.training.cross_encoder.pairs import PairSet
from codesearch.training.cross_encoder.recipe import Recipe
from codesearch.training.embedder.runlog import LOG, RunLog
from indexer.embedding.torch_runtime import length_batches, running

_LONGEST_GRADIENT = 1.0
_DECAY = 0.01
_SMOOTHING = 0.95  # of the loss that is logged


@dataclass(frozen=True, slots=True)
class Taught:
    """What a run did; the network holds its best weights.

    Attributes:
        step: At which they were best.
        average_precision: On the held-out pairs; None where nothing was held out.
        seconds: Of this process's share of the run.
        pairs_per_second: Learnt from by this process, validation not counted; 0 where it had none to do.
    """

    step: int
    average_precision: float | None
    seconds: float
    pairs_per_second: float


def teach(
    network: PairNetwork,
    lesson: Lesson,
    recipe: Recipe,
    folder: Path,
    advance: Callable[[int], None],
) -> Taught:
    """Fine-tune the network; a run that was stopped goes on from its checkpoint in ``folder``.

    Args:
        network: As it was opened; afterwards it has the best weights.
        lesson: What is learnt.
        recipe: Numbers of the run.
        folder: For the checkpoint and the log.
        advance: Hears how many more steps are done.

    Raises:
        InputError: The loss is not a number, or the checkpoint is of another run.
    """
    held_out = lesson.held_out
    run = _Run(network, lesson.fragments, recipe)
    draw = PairDraw(lesson.taught, recipe.batch, recipe.steps, recipe.seed)
    log = RunLog(folder)
    checkpoint, name = folder / CHECKPOINT, _name(network, lesson, recipe)
    earlier = Checkpoint.read(checkpoint, name)
    if earlier is None:
        (folder / LOG).unlink(missing_ok=True)  # of a run that this one replaces
    else:
        run.go_on(earlier)
    advance(run.standing.step)
    started, learning, first = time.monotonic(), 0.0, run.standing.step
    while run.standing.step < recipe.steps and run.standing.stale < recipe.patience:
        before = time.monotonic()
        run.learn(draw.draw(run.standing.step))
        learning += time.monotonic() - before
        if run.standing.step % recipe.every == 0 or run.standing.step == recipe.steps:
            score = None if held_out.one_class else run.score(held_out)
            run.judge(score)
            figures = {} if score is None else {"average_precision": round(score, 4)}
            log.add(run.standing.step, {"loss": round(run.standing.loss or 0.0, 4), **figures})
            run.state().write(checkpoint, name)
        advance(1)
    run.restore(run.best)
    pairs = (run.standing.step - first) * recipe.batch
    return Taught(
        run.standing.best_step,
        None if held_out.one_class else run.standing.best_score,
        time.monotonic() - started,
        pairs / learning if learning else 0.0,
    )


class _Run:
    """The network, its optimiser, and how far they are."""

    def __init__(self, network: PairNetwork, fragments: Sequence[Fragment], recipe: Recipe) -> None:
        self._network = network
        self._fragments = fragments
        self._recipe = recipe
        self._weights = network.learnt
        self._optimiser = torch.optim.AdamW(self._weights.values(), weight_decay=_DECAY)
        self.standing = Standing()
        self.best: Tensors = {}

    def learn(self, pairs: PairSet) -> None:
        """One step."""
        recipe, standing = self._recipe, self.standing
        # Dropout depends on the step alone, so that a run that goes on gives what an uninterrupted one gives.
        seeds = np.random.SeedSequence([recipe.seed % 2**32, standing.step])
        torch.manual_seed(int(seeds.generate_state(1)[0]))
        self._network.model.train()
        for group in self._optimiser.param_groups:
            group["lr"] = recipe.rate_at(standing.step)
        self._optimiser.zero_grad()
        with running(self._network.id):
            loss = self._loss(pairs)
        if not np.isfinite(loss):
            raise InputError(
                f"the loss is not a number at step {standing.step + 1}",
                "lower the learning rate, or check that the base model gives numbers",
            )
        torch.nn.utils.clip_grad_norm_(self._weights.values(), _LONGEST_GRADIENT)
        self._optimiser.step()
        standing.step += 1
        smoothed = standing.loss
        standing.loss = loss if smoothed is None else _SMOOTHING * smoothed + (1 - _SMOOTHING) * loss

    def _loss(self, pairs: PairSet) -> float:
        """Mean loss of the pairs; gradients are added to the weights', one forward pass after the other."""
        texts = self._network.reader.read(self._fragment_pairs(pairs))
        total = 0.0
        for batch in length_batches([text.length for text in texts], self._recipe.pass_tokens):
            outputs = self._network.outputs([(texts[place].first, texts[place].second) for place in batch])
            wanted = torch.from_numpy(pairs.labels[batch].astype(np.float32)).to(outputs.device)
            loss = binary_cross_entropy_with_logits(outputs, wanted, reduction="sum") / len(pairs)
            loss.backward()
            total += loss.item()
        return total

    def score(self, pairs: PairSet) -> float:
        """Average precision of the network as it is now."""
        self._network.model.eval()
        found = self._network.scorer(self._recipe.pass_tokens).logits(self._fragment_pairs(pairs))
        return average_precision(found, pairs.labels) or 0.0

    def judge(self, score: float | None) -> None:
        """Keep the weights if they are the best so far; without a score the last ones are."""
        standing = self.standing
        if score is None or score > standing.best_score:
            standing.best_step, standing.stale = standing.step, 0
            standing.best_score = standing.best_score if score is None else score
            self.best = {name: weight.detach().cpu().clone() for name, weight in self._weights.items()}
        else:
            standing.stale += 1

    def state(self) -> Checkpoint:
        """Everything that the next process needs."""
        return Checkpoint(
            self.standing,
            {name: weight.detach() for name, weight in self._weights.items()},
            self._optimiser.state_dict()["state"],
            self.best,
        )

    def go_on(self, checkpoint: Checkpoint) -> None:
        """Take up the state of an earlier process."""
        self.restore(checkpoint.weights)
        self._optimiser.load_state_dict(
            {**self._optimiser.state_dict(), "state": {k: dict(v) for k, v in checkpoint.optimiser.items()}}
        )
        self.standing, self.best = checkpoint.standing, checkpoint.best

    def restore(self, weights: Tensors) -> None:
        """Give the network these weights."""
        with torch.no_grad():
            for name, weight in self._weights.items():
                weight.copy_(weights[name])

    def _fragment_pairs(self, pairs: PairSet) -> list[tuple[Fragment, Fragment]]:
        sides = zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)
        return [(self._fragments[first], self._fragments[second]) for first, second in sides]


def _name(network: PairNetwork, lesson: Lesson, recipe: Recipe) -> str:
    """Tells runs apart that would not give the same weights."""
    decisive = {**asdict(recipe), "device": "", "every": 0, "patience": 0}
    return json.dumps({"base": network.id, "data": lesson.digest, "recipe": decisive})
