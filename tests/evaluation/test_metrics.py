from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.evaluation.metrics import (
    Confusion,
    average_precision,
    brier_score,
    expected_calibration_error,
    roc_auc,
    wilson_interval,
)

SCORED = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]), st.booleans()), max_size=20)

# One example whose values scikit-learn 1.9 gives (average_precision_score, roc_auc_score, brier_score_loss).
SCORES = [0.9, 0.8, 0.8, 0.7, 0.55, 0.5, 0.5, 0.3, 0.2, 0.05]
LABELS = [1, 1, 0, 1, 0, 1, 0, 0, 1, 0]


def split(scored: list[tuple[float, bool]]) -> tuple[list[float], list[bool]]:
    return [score for score, _ in scored], [label for _, label in scored]


def test_values_agree_with_scikit_learn() -> None:
    assert average_precision(SCORES, LABELS) == pytest.approx(0.7087301587301588)
    assert roc_auc(SCORES, LABELS) == pytest.approx(0.6799999999999999)
    assert brier_score(SCORES, LABELS) == pytest.approx(0.23150000000000004)


@given(SCORED)
def test_average_precision_is_the_sum_over_thresholds(scored: list[tuple[float, bool]]) -> None:
    scores, labels = split(scored)
    if not any(labels):
        assert average_precision(scores, labels) is None
        return
    expected, recall_before = 0.0, 0.0
    for threshold in sorted(set(scores), reverse=True):
        reported = [label for score, label in scored if score >= threshold]
        recall = sum(reported) / sum(labels)
        expected += (recall - recall_before) * sum(reported) / len(reported)
        recall_before = recall
    assert average_precision(scores, labels) == pytest.approx(expected)


@given(SCORED)
def test_roc_auc_is_the_share_of_pairs_in_order(scored: list[tuple[float, bool]]) -> None:
    scores, labels = split(scored)
    positives = [score for score, label in scored if label]
    negatives = [score for score, label in scored if not label]
    if not positives or not negatives:
        assert roc_auc(scores, labels) is None
        return
    wins = sum((p > n) + (p == n) / 2 for p in positives for n in negatives)
    assert roc_auc(scores, labels) == pytest.approx(wins / (len(positives) * len(negatives)))


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30), st.integers(1, 20))
def test_calibration_error_follows_its_definition(scored: list[tuple[float, bool]], bins: int) -> None:
    edges = np.linspace(0, 1, bins + 1)
    error = 0.0
    for i in range(bins):
        inside = [(p, y) for p, y in scored if edges[i] < p <= edges[i + 1] or (i == 0 and p == 0)]
        if inside:
            confidence = math.fsum(p for p, _ in inside) / len(inside)
            error += len(inside) / len(scored) * abs(confidence - sum(y for _, y in inside) / len(inside))
    assert expected_calibration_error(*split(scored), bins=bins) == pytest.approx(error, abs=1e-9)


def test_calibrated_probabilities_have_no_error_and_confident_mistakes_the_greatest() -> None:
    assert expected_calibration_error([0.5, 0.5], [True, False]) == pytest.approx(0.0)
    assert expected_calibration_error([1.0, 0.0], [False, True]) == pytest.approx(1.0)
    assert brier_score([1.0, 0.0], [False, True]) == pytest.approx(1.0)


def test_confusion_counts_and_ratios() -> None:
    counts = Confusion.of([True, True, False, False, True], [True, False, True, False, True])
    assert counts == Confusion(2, 1, 1, 1)
    assert (counts.precision, counts.recall, counts.f1) == pytest.approx((2 / 3, 2 / 3, 2 / 3))


def test_ratios_without_a_denominator_are_none() -> None:
    nothing = Confusion.of([], [])
    assert (nothing.precision, nothing.recall, nothing.f1) == (None, None, None)
    assert expected_calibration_error([], []) is None
    assert brier_score([], []) is None


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(95, 100, 0.8882, 0.9785), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (0, 0, 0.0, 1.0)],
)
def test_wilson_interval_has_the_published_values(
    successes: int, trials: int, low: float, high: float
) -> None:
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=1e-4)


@given(st.integers(0, 200), st.integers(0, 200))
def test_wilson_interval_holds_the_share(successes: int, failures: int) -> None:
    low, high = wilson_interval(successes, successes + failures)
    assert 0 <= low <= high <= 1
    if successes + failures:
        assert low <= successes / (successes + failures) <= high


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="5 successes in 3 trials"):
        wilson_interval(5, 3)


@pytest.mark.parametrize(("scores", "labels"), [([0.1], [True, False]), ([math.nan], [True])])
def test_scores_that_do_not_fit_are_refused(scores: list[float], labels: list[bool]) -> None:
    with pytest.raises(ValueError, match="score"):
        roc_auc(scores, labels)
