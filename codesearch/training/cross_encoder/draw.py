"""Batches of pairs, easy ones first."""

from __future__ import annotations

import numpy as np

from codesearch.training.cross_encoder.pairs import PairSet

_OPEN_AT_FIRST = 0.25  # of the negatives: the farthest
_ALL_OPEN = 0.5  # of the steps, when the nearest have joined


class PairDraw:
    """Draws as many clones as others, each pair in a random order; what a step gets depends on no other step.

    Negatives are in order of cosine: at first the farthest quarter is drawn from, then more, from half of the
    steps on all.

    Args:
        pairs: Of both classes.
        batch: Pairs of a step.
        steps: Of the whole run.
        seed: Of every draw.
    """

    def __init__(self, pairs: PairSet, batch: int, steps: int, seed: int) -> None:
        self._pairs = pairs
        self._batch = batch
        self._steps = steps
        self._seed = seed % 2**32  # numpy takes no negative one
        self._clones = np.flatnonzero(pairs.labels)
        others = np.flatnonzero(~pairs.labels)
        self._others = others[np.argsort(pairs.cosines[others], kind="stable")]

    def draw(self, step: int) -> PairSet:
        """The pairs of a step, counted from 0."""
        draw = np.random.default_rng([self._seed, step])
        count = self._batch // 2
        clones = self._clones[draw.integers(0, len(self._clones), count)]
        others = self._others[draw.integers(0, self._open(step), self._batch - count)]
        chosen = self._pairs.at(np.concatenate([clones, others]))
        turned = draw.random(self._batch) < 0.5
        return PairSet(
            np.where(turned, chosen.second, chosen.first),
            np.where(turned, chosen.first, chosen.second),
            chosen.labels,
            chosen.cosines,
        )

    def _open(self, step: int) -> int:
        """How many of the negatives may be drawn."""
        progress = min(1.0, step / (_ALL_OPEN * self._steps))
        return max(1, round(len(self._others) * (_OPEN_AT_FIRST + (1 - _OPEN_AT_FIRST) * progress)))
