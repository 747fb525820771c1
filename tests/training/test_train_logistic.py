from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codesearch.training.logistic import fit_logistic
from reranker.features import FEATURE_NAMES


def noisy_pairs(count: int = 4000) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float64]]:
    """Features of which only the first tells, through a known logistic law."""
    draw = np.random.default_rng(0)
    features = draw.uniform(0, 1, (count, len(FEATURE_NAMES))).astype(np.float32)
    chance = 1 / (1 + np.exp(-(8 * features[:, 0] - 4)))
    return features, draw.uniform(size=count) < chance, chance


def test_probabilities_follow_the_law_that_made_the_labels() -> None:
    features, labels, chance = noisy_pairs()
    model = fit_logistic(features, labels, np.ones(len(labels)))
    assert np.abs(model.probabilities(features) - chance).mean() < 0.05


def test_the_base_rate_is_kept() -> None:
    features, labels, _ = noisy_pairs()
    model = fit_logistic(features, labels, np.ones(len(labels)))
    assert abs(float(model.probabilities(features).mean()) - labels.mean()) < 0.01


def test_a_pair_of_double_weight_counts_as_two() -> None:
    features, labels, _ = noisy_pairs(300)
    weights = np.ones(len(labels))
    weights[:50] = 2
    weighed = fit_logistic(features, labels, weights)
    twice = fit_logistic(
        np.concatenate((features, features[:50])), np.concatenate((labels, labels[:50])), np.ones(350)
    )
    np.testing.assert_allclose(weighed.probabilities(features), twice.probabilities(features), atol=0.01)


def test_a_constant_feature_does_no_harm() -> None:
    features, labels, _ = noisy_pairs(500)
    features[:, 3] = 0.5
    model = fit_logistic(features, labels, np.ones(len(labels)))
    assert np.isfinite(model.probabilities(features)).all()
