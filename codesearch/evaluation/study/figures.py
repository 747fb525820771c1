"""What the labels of a cell are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesearch.core.types import F64, Mask
from codesearch.evaluation.metrics import expected_calibration_error, wilson_interval
from codesearch.evaluation.study.answer_log import Outcome
from codesearch.evaluation.study.plan import Prices
from codesearch.evaluation.study.reading import Readings, Said, weighed


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % interval; None where it is not defined, or nothing is known of its spread."""

    value: float | None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """Figures of one cell as one parser reads it; shares are of all outcomes, failures among them.

    Attributes:
        pairs: Pairs with an outcome.
        outcomes: Answers and failures that count as such.
        accuracy: Share whose verdict is the label; an answer without a verdict is never right.
        precision: Share of clones among what is reported; only the verdict ``clone`` reports.
        recall: Share of the clones that is reported.
        f1: Their harmonic mean; its interval is that of TP / (TP + FP + FN), of which it is a function.
        coverage: Share with a verdict other than ``unsure``.
        unsure: Abstentions.
        unread: Answers that the parser does not understand.
        failed: Outcomes that are no answers.
        unsound: Answers that the judge would refuse, for the lines or names that they cite.
        agreement: Share of pairs with the same label in all repeats; None without repeats.
        kappa: Fleiss' (1971) over the repeats; None without repeats or where all labels are the same.
        stated: Number of answers with a verdict that state a confidence.
        ece: Calibration error of what they state, 15 bins.
    """

    pairs: int
    outcomes: int
    accuracy: Estimate
    precision: Estimate
    recall: Estimate
    f1: Estimate
    coverage: Estimate
    unsure: int
    unread: int
    failed: int
    unsound: int
    agreement: float | None
    kappa: float | None
    stated: int
    ece: float | None


@dataclass(frozen=True, slots=True)
class Effort:
    """What the answers of a cell took, whichever run asked for them.

    Attributes:
        answers: Number of them.
        left_out: Outcomes that are no answers, whose tokens nobody tells: they are in no sum of tokens.
        read: Tokens of their prompts; None where the model does not tell of each.
        written: Tokens of the answers, likewise.
        seconds: Waited for all outcomes, one after the other.
        cost: By the given prices; None without prices or tokens.
        weighed: Number of answers with probabilities of the labels.
        weighed_ece: Calibration error of these, 15 bins.
    """

    answers: int
    left_out: int
    read: int | None
    written: int | None
    seconds: float
    cost: float | None
    weighed: int
    weighed_ece: float | None


def quality(readings: Readings, labels: Mask) -> Quality:
    """Figures of the readings of pairs with these labels, bool [pairs]."""
    said = readings.said
    asked = said >= 0
    clone = np.broadcast_to(labels[:, None], said.shape)
    reported = said == Said.CLONE
    decided = reported | (said == Said.NOT_CLONE)
    right = decided & (reported == clone)
    stated = asked & ~np.isnan(readings.stated)
    agreement, kappa = _agreement(said)
    return Quality(
        pairs=int(asked.any(axis=1).sum()),
        outcomes=int(asked.sum()),
        accuracy=_share(right, asked),
        precision=_share(reported & clone, reported),
        recall=_share(reported & clone, asked & clone),
        f1=_f1(_share(reported & clone, asked & (reported | clone))),
        coverage=_share(decided, asked),
        unsure=int((said == Said.UNSURE).sum()),
        unread=int((said == Said.UNREAD).sum()),
        failed=int((said == Said.FAILED).sum()),
        unsound=int((~readings.sound & (decided | (said == Said.UNSURE))).sum()),
        agreement=agreement,
        kappa=kappa,
        stated=int(stated.sum()),
        ece=expected_calibration_error(readings.stated[stated], clone[stated]),
    )


def effort(outcomes: Sequence[tuple[Outcome, bool]], prices: Prices | None) -> Effort:
    """What outcomes took, each with the label of its pair."""
    given = [outcome.completion for outcome, _ in outcomes if outcome.completion is not None]
    told = bool(given) and all(one.read > 0 for one in given)
    read = sum(one.read for one in given) if told else None
    written = sum(one.written for one in given) if told else None
    cost = None
    if prices is not None and read is not None and written is not None:
        cost = (read * prices.read + written * prices.written) / 1e6
    chances = np.array([weighed(outcome) for outcome, _ in outcomes], np.float64)
    known = ~np.isnan(chances)
    labels = np.array([label for _, label in outcomes], bool)
    return Effort(
        answers=len(given),
        left_out=len(outcomes) - len(given),
        read=read,
        written=written,
        seconds=sum(outcome.seconds for outcome, _ in outcomes),
        cost=cost,
        weighed=int(known.sum()),
        weighed_ece=expected_calibration_error(chances[known], labels[known]),
    )


def _share(part: Mask, whole: Mask) -> Estimate:
    """A share with Wilson's interval; answers about the same pair count as one trial, as they may agree."""
    if not whole.any():
        return Estimate(None)
    value = float(part.sum() / whole.sum())
    trials = int(whole.any(axis=1).sum())
    return Estimate(value, wilson_interval(round(value * trials), trials))


def _f1(overlap: Estimate) -> Estimate:
    """F1 by the share J of what is reported or a clone that is both: 2 J / (1 + J), which grows with J.

    Resampling pairs instead gives 0 to 0 or 1 to 1 where all are wrong or right.
    """
    if overlap.value is None or overlap.interval is None:
        return Estimate(None)
    value, low, high = (2 * part / (1 + part) for part in (overlap.value, *overlap.interval))
    return Estimate(value, (low, high))


def _agreement(said: NDArray[np.int8]) -> tuple[float | None, float | None]:
    """Share of pairs with one label in all repeats, and kappa; of pairs with an outcome in each."""
    repeats = said.shape[1]
    whole = said[(said >= 0).all(axis=1)]
    if repeats < 2 or not len(whole):
        return None, None
    same = float((whole == whole[:, :1]).all(axis=1).mean())
    votes: F64 = np.stack([(whole == label).sum(axis=1) for label in Said if label >= 0], axis=1) * 1.0
    observed = float(((votes**2).sum(axis=1) - repeats).mean() / (repeats * (repeats - 1)))
    chance = float(((votes.sum(axis=0) / votes.sum()) ** 2).sum())
    return same, (observed - chance) / (1 - chance) if chance < 1 else None
