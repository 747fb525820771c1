"""Batches for the contrastive loss: a few fragments of each of many groups of one set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codesearch.core.types import I64
from codesearch.training.embedder.dataset import LabelledBags
from codesearch.training.sets import Diet


@dataclass(frozen=True, slots=True)
class Batch:
    """Fragments with the features that were not dropped.

    Attributes:
        owners: int64 [m], ascending.
        rows: int64 [m], row of each feature.
        groups: int64 [b].
    """

    owners: I64
    rows: I64
    groups: I64


class BatchSource:
    """Draws batches; the same seed and step give the same batch, so that a run can go on where it stopped.

    Args:
        sets: Labelled fragments and how they are fed, by name.
        size: Fragments in a batch, about.
        dropped: Share of the features of each fragment that are dropped at random.
        seed: Of all draws.
    """

    def __init__(
        self, sets: Sequence[tuple[LabelledBags, Diet]], size: int, dropped: float, seed: int
    ) -> None:
        self._sets = [(labelled, diet, _groups(labelled)) for labelled, diet in sets]
        shares = np.array([diet.share for _, diet in sets])
        self._shares = shares / shares.sum()
        self._size = size
        self._dropped = dropped
        self._seed = seed

    def draw(self, step: int) -> Batch:
        """The batch of a step."""
        draw = np.random.default_rng((self._seed, step))
        labelled, diet, groups = self._sets[draw.choice(len(self._sets), p=self._shares)]
        count = min(self._size // diet.per_group, len(groups))
        picked = draw.choice(len(groups), count, replace=False)
        members = np.concatenate(
            [draw.permutation(groups[group])[: diet.per_group] for group in picked.tolist()]
        )
        owners, rows, own = labelled.bags.gather(members)
        renamed = draw.random(len(members)) < diet.renamed
        kept = (draw.random(len(rows), np.float32) >= self._dropped) & ~(own & renamed[owners])
        return Batch(owners[kept], rows[kept].astype(np.int64), labelled.groups[members])


def _groups(labelled: LabelledBags) -> list[I64]:
    """Positions of the fragments of each group that has more than one."""
    order = np.argsort(labelled.groups, kind="stable")
    cuts = np.flatnonzero(np.diff(labelled.groups[order])) + 1
    return [members for members in np.split(order, cuts) if len(members) > 1]
