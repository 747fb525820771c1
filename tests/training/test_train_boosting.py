"""Trees learn what a line cannot, and count every pair by its weight."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from codesearch.core.types import F32, Mask
from codesearch.training.boosting import BoostingPlan, fit_boosted
from reranker.features import RERANKER_NAMES

FEW = BoostingPlan(trees=60, depth=2, rate=0.2, penalty=1.0)


def crossed(count: int = 3000) -> tuple[F32, Mask, NDArray[np.float64]]:
    """Pairs that are mostly clones where two features are both high, and how likely."""
    draw = np.random.default_rng(0)
    features = draw.uniform(0, 1, (count, len(RERANKER_NAMES))).astype(np.float32)
    chance = np.where((features[:, 2] > 0.5) & (features[:, 5] > 0.5), 0.9, 0.1)
    return features, draw.uniform(size=count) < chance, chance


def test_what_two_features_say_only_together_is_learnt() -> None:
    features, labels, chance = crossed()
    model = fit_boosted(features, labels, np.ones(len(labels)), FEW)
    assert np.abs(model.probabilities(features) - chance).mean() < 0.05


def test_the_same_pairs_give_the_same_trees() -> None:
    features, labels, _ = crossed(400)
    ours, theirs = (fit_boosted(features, labels, np.ones(len(labels)), FEW) for _ in range(2))
    assert ours.plain() == theirs.plain()


def test_the_share_of_clones_is_kept() -> None:
    features, labels, _ = crossed()
    weights = np.where(labels, 3.0, 1.0)
    model = fit_boosted(features, labels, weights, FEW)
    share = weights @ labels / weights.sum()
    assert weights @ model.probabilities(features) / weights.sum() == pytest.approx(share, abs=0.01)


def test_a_constant_feature_does_no_harm() -> None:
    features, labels, _ = crossed(400)
    features[:, 3] = 0.5
    model = fit_boosted(features, labels, np.ones(len(labels)), FEW)
    assert np.isfinite(model.probabilities(features)).all()


def test_pairs_of_which_all_features_are_the_same_get_their_share() -> None:
    features = np.zeros((40, len(RERANKER_NAMES)), np.float32)
    labels = np.arange(40) % 4 == 0
    model = fit_boosted(features, labels, np.ones(40), FEW)
    assert model.probabilities(features) == pytest.approx(np.full(40, 0.25), abs=0.01)
