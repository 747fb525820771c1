"""Thresholds of verdicts for the code of one user, from pairs that were judged."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from codesearch.core.errors import InputError
from codesearch.core.results import Verdict
from codesearch.core.types import F64, Mask
from codesearch.evaluation.metrics import Confusion, expected_calibration_error, wilson_interval
from codesearch.training.calibration import MISSED_CLONES
from codesearch.training.cross_fit import CrossFitted

FEWEST_PAIRS = 100
"""Pairs to choose thresholds from. On femp, with .8 promised, those chosen from 50 pairs kept .72 on all
others, from 100 .76, from 200 .78, from 300 .80."""
FEWEST_OF_LABEL = 20  # clones of which one may be missed; as many others for them to be confused with
FEWEST_CALLED = 20  # pairs that a precision is measured on; 30 to 50 kept no more of what was promised
_STEPS = 10_000  # thresholds have four decimals


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The settings of one name in the section ``verdict``."""

    clone: float
    reject: float


@dataclass(frozen=True, slots=True)
class ThresholdFigures:
    """How verdicts at some thresholds agree with people's; a ratio whose denominator is 0 is None.

    Attributes:
        thresholds: The thresholds.
        confusion: Only ``clone`` counts as reported.
        missed: Clones that are called ``not_clone``.
        interval: 95 % Wilson interval of the precision.
        coverage: Share of pairs with a verdict other than ``unsure``.
        calibration_error: Expected calibration error of the final probabilities, 15 bins.
    """

    thresholds: Thresholds
    confusion: Confusion
    missed: int
    interval: tuple[float, float]
    coverage: float | None
    calibration_error: float | None


class OpenPairs:
    """Judged pairs that no text settles, so that thresholds decide what is said of them.

    Args:
        rated: The pairs, those that their text settles among them.
        asked: Whether a judge is asked about uncertain ones.
    """

    def __init__(self, rated: CrossFitted, *, asked: bool) -> None:
        open_ = np.logical_not(rated.by_text)
        self.clones = rated.clones[open_]
        self._priors = rated.priors[open_]
        self._final = rated.corrected[open_] if asked else self._priors

    def __len__(self) -> int:
        return len(self.clones)

    def fit(self, precision: float) -> Thresholds:
        """The thresholds from which ``clone`` keeps a promise, found as those of the shipped calibration are.

        A pair is called a clone from the lowest probability on at which the precision is reached;
        ``not_clone`` may hide a share of :data:`~codesearch.training.calibration.MISSED_CLONES`.

        Args:
            precision: Over 0 and under 1.

        Raises:
            InputError: There are too few pairs, or no probability reaches the precision.
        """
        self._require_enough()
        fewest = fewest_called(precision)
        best, best_count = 0.0, 0
        for thresholds in self._candidates():
            called = self.clones[self._called(thresholds)]
            if len(called) < fewest:
                continue
            reached = float(called.mean())
            if reached >= precision:
                return thresholds
            if reached > best:
                best, best_count = reached, len(called)
        raise InputError(
            f"no threshold reaches a precision of {precision:g} over at least {fewest:,} pairs; "
            + (
                f"the best is {_floor(best, 1000):g} over {best_count:,}"
                if best_count
                else "none calls so many"
            ),
            "ask for less with --precision, or judge more pairs",
        )

    def figures(self, thresholds: Thresholds) -> ThresholdFigures:
        """How the verdicts at some thresholds do."""
        called = self._called(thresholds)
        asked = self._asked(thresholds)
        final = np.where(asked, self._final, self._priors)
        rejected = (final < thresholds.reject) & ~called
        confusion = Confusion.of(called, self.clones)
        return ThresholdFigures(
            thresholds,
            confusion,
            missed=int((rejected & self.clones).sum()),
            interval=wilson_interval(confusion.true_positive, int(called.sum())),
            coverage=float((called | rejected).mean()) if len(self) else None,
            calibration_error=expected_calibration_error(final, self.clones),
        )

    def _require_enough(self) -> None:
        if len(self) < FEWEST_PAIRS:
            raise InputError(
                f"{len(self):,} of the verdicts are about pairs that thresholds decide; those chosen from "
                f"fewer than {FEWEST_PAIRS} promise more than they keep",
                "judge more pairs that are 'unsure' or of type T4",
            )
        for said, label in ((Verdict.CLONE, True), (Verdict.NOT_CLONE, False)):
            count = int((self.clones == label).sum())
            if count < FEWEST_OF_LABEL:
                raise InputError(
                    f"{count:,} of the {len(self):,} verdicts about pairs that thresholds decide say {said}; "
                    f"a share of fewer than {FEWEST_OF_LABEL} says little",
                    f"judge more pairs that are {said}",
                )

    def _candidates(self) -> Iterator[Thresholds]:
        """By rising probability of a clone."""
        for clone in np.unique(_floor(np.concatenate([self._priors, self._final]))).tolist():
            yield Thresholds(clone, self._reject(clone))

    def _reject(self, clone: float) -> float:
        """The highest probability under which few enough clones lie, beside a threshold of clones."""
        # Who is called a clone without being asked about is not missed, whatever precedents would say.
        kept_from = np.where(self._priors >= clone, self._priors, np.minimum(self._priors, self._final))
        by_rise = np.sort(kept_from[self.clones])
        return min(float(_floor(by_rise[int(MISSED_CLONES * len(by_rise))])), clone)

    def _asked(self, thresholds: Thresholds) -> Mask:
        asked: Mask = (self._priors >= thresholds.reject) & (self._priors < thresholds.clone)
        return asked

    def _called(self, thresholds: Thresholds) -> Mask:
        sure = self._priors >= thresholds.clone
        called: Mask = sure | (self._asked(thresholds) & (self._final >= thresholds.clone))
        return called


def fewest_called(precision: float) -> int:
    """Pairs that must be called clones for a precision to be measured.

    One error among fewer than 1 / (1 - precision) would break the promise already, so that they could only
    show no error at all.
    """
    return max(FEWEST_CALLED, math.ceil(round(1 / (1 - precision), 6)))


def _floor(probabilities: ArrayLike, steps: int = _STEPS) -> F64:
    """As many decimals as a setting shows, so that what is measured is what the setting means."""
    floored: F64 = np.floor(np.asarray(probabilities, np.float64) * steps) / steps
    return floored
