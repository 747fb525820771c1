"""Fits boosted oblivious trees by histograms, the way of LightGBM and CatBoost, in numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codesearch.core.types import F32, I64, Mask
from reranker.boosted import BoostedModel

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BoostingPlan:
    """How trees are grown.

    Chosen on validation splits, fitted on half of their groups: 150 trees gave up half a point of average
    precision, depth 6 gained nothing, and neither did free trees of scikit-learn.

    Attributes:
        trees: Number of trees.
        depth: Questions of each.
        rate: Share of a tree's best answer that is taken.
        penalty: On the squared answer of a leaf, as a number of pairs of mean weight.
        bins: Thresholds tried per feature, at equal shares of the pairs, plus one.
    """

    trees: int = 300
    depth: int = 4
    rate: float = 0.1
    penalty: float = 20.0
    bins: int = 64


DEFAULT_PLAN = BoostingPlan()


class _Question(NamedTuple):
    feature: int
    cut: int


def fit_boosted(features: F32, labels: Mask, weights: F64, plan: BoostingPlan = DEFAULT_PLAN) -> BoostedModel:
    """The model that lowers the weighted mean log loss tree by tree (Newton steps); it has no slope.

    Args:
        features: float32 [n, f].
        labels: bool [n], of both classes.
        weights: float64 [n], how much each pair counts.
        plan: How trees are grown.
    """
    cuts = [_cuts(column, plan.bins) for column in features.T]
    binned = [
        np.searchsorted(cut, column, side="right") for cut, column in zip(cuts, features.T, strict=True)
    ]
    weights = weights / weights.mean()
    truth = labels.astype(np.float64)
    bias = float(np.log((weights @ truth) / (weights @ (1 - truth))))
    margins = np.full(len(truth), bias)
    asked, thresholds, leaves = [], [], []
    for _ in range(plan.trees):
        chance = 1 / (1 + np.exp(-margins))
        slopes, curves = weights * (truth - chance), weights * chance * (1 - chance)
        questions, reached = _grown(binned, cuts, (slopes, curves), plan)
        size = 1 << plan.depth
        pull, firm = np.bincount(reached, slopes, size), np.bincount(reached, curves, size)
        answers = (plan.rate * pull / (firm + plan.penalty)).astype(np.float32)
        margins += answers[reached]
        asked.append([question.feature for question in questions])
        thresholds.append([cuts[question.feature][question.cut] for question in questions])
        leaves.append(answers)
    return BoostedModel(
        bias, 0.0, np.array(asked, np.int64), np.array(thresholds, np.float32), np.stack(leaves)
    )


def _cuts(column: F32, bins: int) -> F32:
    """float32, ascending: thresholds to try; at least one, so that a constant feature can be asked for."""
    cuts: F32 = np.unique(np.quantile(column, np.linspace(0, 1, bins + 1)[1:-1], method="nearest"))
    return cuts


def _grown(
    binned: list[I64], cuts: list[F32], pulls: tuple[F64, F64], plan: BoostingPlan
) -> tuple[list[_Question], I64]:
    """The questions of one tree, each the best for all leaves of its level, and the leaf of every pair."""
    reached = np.zeros(len(pulls[0]), np.int64)
    questions = []
    for level in range(plan.depth):
        gains = [
            _gains(reached * plan.bins + places, 1 << level, pulls, plan)[: len(cut)]
            for places, cut in zip(binned, cuts, strict=True)
        ]
        feature = int(np.argmax([gain.max() for gain in gains]))
        question = _Question(feature, int(gains[feature].argmax()))
        reached += (binned[feature] > question.cut).astype(np.int64) << level
        questions.append(question)
    return questions, reached


def _gains(cells: I64, leaves: int, pulls: tuple[F64, F64], plan: BoostingPlan) -> F64:
    """float64 [bins - 1]: how much each threshold of one feature lowers the loss, over all leaves."""
    slopes, curves = (
        np.bincount(cells, values, leaves * plan.bins).reshape(leaves, plan.bins).cumsum(axis=1)
        for values in pulls
    )
    below, firm = slopes[:, :-1], curves[:, :-1]
    above, rest = slopes[:, -1:] - below, curves[:, -1:] - firm
    gains: F64 = (below**2 / (firm + plan.penalty) + above**2 / (rest + plan.penalty)).sum(axis=0)
    return gains
