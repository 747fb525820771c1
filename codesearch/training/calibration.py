"""Fits the calibration: probabilities per stage, and the thresholds that make them verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray

from codesearch.core.types import Mask
from codesearch.evaluation.metrics import (
    Confusion,
    average_precision,
    brier_score,
    expected_calibration_error,
    roc_auc,
    wilson_interval,
)
from codesearch.training.boosting import DEFAULT_PLAN, BoostingPlan, fit_boosted
from codesearch.training.candidates import Candidates, Label, Stage
from codesearch.training.fingerprints import FingerprintShares
from codesearch.training.logistic import fit_logistic, fit_scale
from reranker.boosted import BoostedModel
from reranker.calibration import Calibration, PrecisionPoint
from reranker.features import FEATURE_NAMES, NOT_TEXTUAL
from reranker.logistic import LogisticModel

F64 = NDArray[np.float64]

CLONE_PRECISION = 0.975
"""What `clone` promises on held-out candidates; most clones among them are contest programs. At .95 the
reranker reports 2.4 times as many pairs of BigCloneBench's functions, three in ten of them alike line by
line."""
MISSED_CLONES = 0.05  # share of the clones that `not_clone` may hide
DIAL = (0.8, 0.9, 0.95, 0.975, 0.99)
HELD_OUT = 4  # every fourth group is kept from the fit, for thresholds and figures
DENSE_SLOPE = 8.0
"""What a cosine adds to the margin of the trees, which cut it into steps and see pairs of many sets together,
of which each has cosines of its own. On validation 5 to 10 raised the average precision of candidates in the
same language by 1 to 5 points and moved that of all candidates by under half a point; 20 lost a point of
P@1."""
ALIGNED_PENALTY = 0.03  # few of these pairs are no clones, so little is known of what tells them apart
_SAMPLED = 20_000  # pairs that stand for the weighted whole: figures to two digits
_FEWEST = 50  # reported pairs under which a measured precision says little


@dataclass(frozen=True, slots=True)
class SetCandidates:
    """The candidates of one training set.

    Attributes:
        name: Of the set.
        candidates: In any order.
        fingerprints: What equal keys mean in it.
        weight: Share of the whole that the set counts for, however many candidates it has.
        taught: Likewise, in the loss that the trees are grown by.
        textual: Pairs that the alignment settles are judged by their text, for want of labels.
    """

    name: str
    candidates: Candidates
    fingerprints: FingerprintShares
    weight: float
    taught: float
    textual: bool


@dataclass(frozen=True, slots=True)
class HeldOutFigures:
    """How the reranker does on held-out candidates of one set; None where a class is absent.

    Attributes:
        name: Of the set, or ``all`` for the weighted whole, as a random sample by weight shows it.
        pairs: Number of candidates.
        base_rate: Share of clones among them.
        average_precision: Of the reranker's probabilities.
        roc_auc: Likewise.
        calibration_error: Expected calibration error, 15 bins.
        brier: Mean squared error.
        precision: Of the verdict ``clone``; None when there is none.
        recall: Share of the clones that get it.
    """

    name: str
    pairs: int
    base_rate: float
    average_precision: float | None
    roc_auc: float | None
    calibration_error: float | None
    brier: float | None
    precision: float | None
    recall: float | None


@dataclass(frozen=True, slots=True)
class _Weighed:
    """Candidates of all sets with the weight of each pair."""

    candidates: Candidates
    weights: F64

    @classmethod
    def of(cls, parts: Sequence[tuple[Candidates, float]]) -> _Weighed:
        return cls(
            Candidates.join([part for part, _ in parts]),
            np.concatenate([np.full(len(part), weight / max(len(part), 1)) for part, weight in parts]),
        )

    @property
    def clones(self) -> Mask:
        return _clones(self.candidates)

    def sample(self) -> Candidates:
        """Candidates drawn with repetition, each by its weight."""
        draw = np.random.default_rng(0)
        share = self.weights / self.weights.sum()
        return self.candidates.where(draw.choice(len(share), _SAMPLED, p=share))


def fit_calibration(
    model_id: str, embedder: str, sets: Sequence[SetCandidates], boosting: BoostingPlan = DEFAULT_PLAN
) -> tuple[Calibration, tuple[HeldOutFigures, ...]]:
    """The calibration and its figures on held-out groups, per set.

    Trees are grown on all sets alike, so that the candidates of each come in a good order; what their margins
    mean is then read off the whole as it is weighed. The groups of each set are divided: a pair is fitted on
    when neither side is of a held-out group, and measured when its query is of one.

    Args:
        model_id: Id of the result.
        embedder: Id of the embedder that gave the cosines.
        sets: Candidates of every training set.
        boosting: How the reranker's trees are grown.

    Raises:
        MissingExtra: scipy is not installed.
    """
    settled = [(item, item.candidates.of_stage(Stage.RERANKER).known) for item in sets]
    held = [(item, part.where(held_out(part)[:, 0])) for item, part in settled]
    fitted = _Weighed.of([(part.where(_fitted(part)), item.weight) for item, part in settled])
    reranker = _scaled(_grown(sets, boosting), fitted)
    measured = _Weighed.of([(part, item.weight) for item, part in held])
    curve = _Curve.of(measured, reranker)
    dial = tuple(point for target in DIAL if (point := curve.reach(target)) is not None)
    threshold = next((point.threshold for point in dial if point.precision == CLONE_PRECISION), 1.0)
    shares = reduce(add, (item.fingerprints for item in sets))
    calibration = Calibration(
        id=model_id,
        embedder=embedder,
        exact=shares.exact.smoothed,
        renamed=shares.renamed.smoothed,
        aligned=_fit_aligned(sets),
        textual=_fit_aligned(sets, without=NOT_TEXTUAL),
        reranker=reranker,
        clone_threshold=threshold,
        reject_threshold=min(curve.missing(MISSED_CLONES), threshold),
        base_rate=float(fitted.weights @ fitted.clones / fitted.weights.sum()),
        precision=dial,
    )
    figures = [_figures(item.name, part, calibration) for item, part in held]
    return calibration, (*figures, _figures("all", measured.sample(), calibration))


def held_out(candidates: Candidates) -> Mask:
    """bool [n, 2]: whether the query's and the candidate's group are kept from the fit."""
    # A multiplicative hash, because neighbouring numbers may be of one family.
    mixed = (candidates.groups.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)
    kept: Mask = mixed % np.uint64(HELD_OUT) == 0
    return kept


def _clones(candidates: Candidates) -> Mask:
    clones: Mask = candidates.labels == Label.CLONE
    return clones


def _grown(sets: Sequence[SetCandidates], boosting: BoostingPlan) -> BoostedModel:
    """The trees, and the slope beside them."""
    ranked = [(_ranked(item), item.taught) for item in sets]
    taught = _Weighed.of([(part.where(_fitted(part)), weight) for part, weight in ranked])
    trees = fit_boosted(taught.candidates.features, taught.clones, taught.weights, boosting)
    return replace(trees, slope=DENSE_SLOPE)


def _scaled(model: BoostedModel, fitted: _Weighed) -> BoostedModel:
    """The model in the same order, its margins scaled to the logits of probabilities."""
    bias, slope = fit_scale(model.margins(fitted.candidates.features), fitted.clones, fitted.weights)
    return replace(
        model,
        bias=bias + slope * model.bias,
        slope=slope * model.slope,
        leaves=(slope * model.leaves).astype(np.float32),
    )


def _ranked(item: SetCandidates) -> Candidates:
    """What the trees are grown on: the pairs that it settles, and those that alignment settles, so that it
    can rank these too. Text in common says little where programs share a template.
    """
    aligned = item.candidates.of_stage(Stage.ALIGNMENT)
    if item.textual:
        known = np.where(aligned.alike, Label.CLONE, aligned.labels).astype(np.int8)
        aligned = replace(aligned, labels=known)
    return Candidates.join([item.candidates.of_stage(Stage.RERANKER), aligned]).known


def _fitted(candidates: Candidates) -> Mask:
    fitted: Mask = np.logical_not(held_out(candidates).any(axis=1))
    return fitted


def _fit_aligned(sets: Sequence[SetCandidates], without: Sequence[str] = ()) -> LogisticModel:
    """P(clone) of pairs that agree in most of their text, fitted where a textual label exists."""
    aligned = [item.candidates.of_stage(Stage.ALIGNMENT) for item in sets if item.textual]
    pairs = Candidates.join(aligned)
    clones: Mask = pairs.alike | _clones(pairs)
    features = pairs.features[:, : len(FEATURE_NAMES)].copy()
    features[:, [FEATURE_NAMES.index(name) for name in without]] = 0.0
    return fit_logistic(features, clones, np.ones(len(pairs)), ALIGNED_PENALTY)


@dataclass(frozen=True, slots=True)
class _Curve:
    """Held-out pairs by falling probability; each set counts by its weight.

    Attributes:
        probabilities: float [n], falling.
        clones: float [n], weight of the clones among the pairs up to and including each.
        all: float [n], likewise of all pairs.
        effective: int [n], how many equally weighted pairs say as much as those (Kish 1965).
    """

    probabilities: F64
    clones: F64
    all: F64
    effective: NDArray[np.int64]

    @classmethod
    def of(cls, measured: _Weighed, model: BoostedModel) -> _Curve:
        probabilities = model.probabilities(measured.candidates.features).astype(np.float64)
        order = np.argsort(-probabilities, kind="stable")
        clones = measured.clones[order]
        weights = measured.weights[order]
        total = np.cumsum(weights)
        effective = (total**2 / np.cumsum(weights**2)).astype(np.int64)
        return cls(probabilities[order], np.cumsum(weights * clones), total, effective)

    def reach(self, target: float) -> PrecisionPoint | None:
        """The lowest threshold from which the precision is at least ``target``; None where there is none."""
        precision = self.clones / self.all
        enough = np.flatnonzero((precision >= target) & (self.effective >= _FEWEST))
        if not len(enough):
            return None
        last = int(enough[-1])
        trials = int(self.effective[last])
        lower, _ = wilson_interval(round(precision[last] * trials), trials)
        return PrecisionPoint(target, round(float(self.probabilities[last]), 4), round(lower, 4))

    def missing(self, share: float) -> float:
        """The highest threshold below which at most ``share`` of the clones lie."""
        found = self.clones / self.clones[-1]
        first = int(np.searchsorted(found, 1 - share))
        return float(self.probabilities[min(first, len(found) - 1)])


def _figures(name: str, part: Candidates, calibration: Calibration) -> HeldOutFigures:
    truth = _clones(part)
    probabilities = calibration.reranker.probabilities(part.features)
    reported = probabilities >= calibration.clone_threshold
    confusion = Confusion.of(reported, truth)
    return HeldOutFigures(
        name=name,
        pairs=len(part),
        base_rate=float(truth.mean()) if len(part) else 0.0,
        average_precision=average_precision(probabilities, truth),
        roc_auc=roc_auc(probabilities, truth),
        calibration_error=expected_calibration_error(probabilities, truth),
        brier=brier_score(probabilities, truth),
        precision=confusion.precision,
        recall=confusion.recall,
    )
