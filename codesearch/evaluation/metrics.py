"""Quality of verdicts and probabilities on labelled pairs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

F64 = NDArray[np.float64]
CALIBRATION_BINS = 15  # Guo et al. 2017, "On Calibration of Modern Neural Networks"
Z_95 = 1.959963984540054  # two-sided 95 % quantile of the normal distribution


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts of reported and labelled pairs; a ratio whose denominator is 0 is None."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int

    @classmethod
    def of(cls, reported: ArrayLike, labels: ArrayLike) -> Confusion:
        """Count two boolean arrays [n]."""
        said, truth = np.asarray(reported, dtype=bool), np.asarray(labels, dtype=bool)
        return cls(
            int((said & truth).sum()),
            int((said & ~truth).sum()),
            int((~said & truth).sum()),
            int((~said & ~truth).sum()),
        )

    @property
    def precision(self) -> float | None:
        """TP / (TP + FP); None when nothing was reported."""
        return _ratio(self.true_positive, self.true_positive + self.false_positive)

    @property
    def recall(self) -> float | None:
        """TP / (TP + FN); None when nothing is positive."""
        return _ratio(self.true_positive, self.true_positive + self.false_negative)

    @property
    def f1(self) -> float | None:
        """2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall; None when all three are 0."""
        twice = 2 * self.true_positive
        return _ratio(twice, twice + self.false_positive + self.false_negative)


def average_precision(scores: ArrayLike, labels: ArrayLike) -> float | None:
    """Area under the precision-recall steps: sum over thresholds of (recall gained) · precision.

    Equal scores form one threshold, so the order of ties does not matter (scikit-learn's definition).
    None when nothing is positive.
    """
    score, truth = _scored(scores, labels)
    positives = truth.sum()
    if not positives:
        return None
    order = np.argsort(-score, kind="stable")
    last_of_tie = np.append(np.diff(score[order]) != 0, True)
    reported = np.flatnonzero(last_of_tie) + 1
    found = np.cumsum(truth[order])[last_of_tie]
    return float(np.sum(np.diff(found, prepend=0.0) * found / reported) / positives)


def roc_auc(scores: ArrayLike, labels: ArrayLike) -> float | None:
    """Probability that a positive scores above a negative, ties counting half (Mann and Whitney 1947).

    None when either class is absent.
    """
    score, truth = _scored(scores, labels)
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return None
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    middle_rank = np.cumsum(counts) - (counts - 1) / 2
    rank_sum = float(middle_rank[inverse.reshape(-1)] @ truth)
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def expected_calibration_error(
    probabilities: ArrayLike, labels: ArrayLike, bins: int = CALIBRATION_BINS
) -> float | None:
    """Distance between mean P(clone) and share of clones, averaged over equal-width bins by their counts.

    Naeini et al. 2015 for two classes: bin i holds (i/bins, (i+1)/bins], the first also 0. None
    without pairs.
    """
    probability, truth = _scored(probabilities, labels)
    if not len(truth):
        return None
    edges = np.linspace(0.0, 1.0, bins + 1)
    place = np.searchsorted(edges[1:-1], probability, side="left")
    gap = np.bincount(place, weights=probability - truth, minlength=bins)
    return float(np.abs(gap).sum() / len(truth))


def brier_score(probabilities: ArrayLike, labels: ArrayLike) -> float | None:
    """Mean squared distance between P(clone) and the label (Brier 1950), 0 is best. None without pairs."""
    probability, truth = _scored(probabilities, labels)
    return float(np.mean((probability - truth) ** 2)) if len(truth) else None


def wilson_interval(successes: int, trials: int, z: float = Z_95) -> tuple[float, float]:
    """Interval for a share (Wilson 1927); (0, 1) when there were no trials.

    Raises:
        ValueError: ``successes`` is not between 0 and ``trials``.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes in {trials} trials")
    if not trials:
        return 0.0, 1.0
    share = successes / trials
    scale = 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    # The exact bounds at the ends are 0 and 1; rounding would leave them a little inside or outside.
    return (
        0.0 if successes == 0 else centre - half,
        1.0 if successes == trials else centre + half,
    )


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _scored(scores: ArrayLike, labels: ArrayLike) -> tuple[F64, F64]:
    """Scores and 0/1 labels, float64 [n] each."""
    score = np.asarray(scores, dtype=np.float64)
    truth = np.asarray(labels, dtype=bool).astype(np.float64)
    if score.shape != truth.shape or score.ndim != 1:
        raise ValueError(f"scores {score.shape} and labels {truth.shape} must be two equally long rows")
    if not np.isfinite(score).all():
        raise ValueError("a score is not a finite number")
    return score, truth
