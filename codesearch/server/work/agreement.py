"""How often the product says what its user said, where it does not know that the user said it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from codesearch.core.feedback import Precedent
from codesearch.core.results import Verdict
from codesearch.core.types import F64, Mask
from codesearch.engine import Engine
from codesearch.evaluation.metrics import wilson_interval
from codesearch.training.cross_fit import cross_fit

MOST_RATED = 200
"""Newest verdicts that are rated: a few milliseconds each."""

BANDS = ((0.0, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.0))


@dataclass(frozen=True, slots=True)
class Agreement:
    """One who rates pairs against the user.

    Attributes:
        said: Counts by (what the user said, the verdict at the thresholds in effect).
        rated: Pairs.
        agreed: Those whose P(clone) lies on the user's side of one half, settled or not: most pairs that
            people are asked about are left unsure.
        interval: 95 % Wilson interval of the share agreed.
    """

    said: Mapping[tuple[Verdict, Verdict], int]
    rated: int
    agreed: int
    interval: tuple[float, float]

    @property
    def share(self) -> float:
        """Agreed among the rated, 0 where nothing was rated."""
        return self.agreed / self.rated if self.rated else 0.0

    @property
    def settled(self) -> int:
        """Pairs that were not left unsure."""
        return sum(count for (_, verdict), count in self.said.items() if verdict is not Verdict.UNSURE)

    @property
    def settled_alike(self) -> int:
        """Those among them with the user's verdict."""
        return sum(count for (user, verdict), count in self.said.items() if user is verdict)


@dataclass(frozen=True, slots=True)
class Band:
    """Pairs whose P(clone) lies in a range, and how many of them the user called clones."""

    low: float
    high: float
    pairs: int
    clones: int

    @property
    def share(self) -> float | None:
        """Clones among the pairs; None without any."""
        return self.clones / self.pairs if self.pairs else None


@dataclass(frozen=True, slots=True)
class FeedbackFigures:
    """What the user's verdicts tell about those who rate pairs.

    Attributes:
        verdicts: All of the user's.
        rated: Newest ones among them that could be parsed and were rated.
        open: Those of the rated that the text alone does not settle: only they can move a threshold.
        cascade: By itself.
        judge: The precedent judge, by verdicts about other code.
        bands: Of the judge's P(clone), rising; only those with pairs.
    """

    verdicts: int
    rated: int
    open: int
    cascade: Agreement
    judge: Agreement
    bands: tuple[Band, ...]


def feedback_figures(engine: Engine, precedents: Sequence[Precedent]) -> FeedbackFigures:
    """Rate the newest verdicts of a user as pairs that nobody judged.

    Args:
        engine: Rates.
        precedents: Newest first.

    Raises:
        EnvironmentFailure: The shipped precedents are missing or damaged.
    """
    cascade = engine.cascade
    rated = (
        cross_fit(precedents[:MOST_RATED], engine.embedder, cascade, lambda count: None)
        if precedents
        else None
    )
    if rated is None or not len(rated):
        nothing = _agreement(np.zeros(0, bool), np.zeros(0), [])
        return FeedbackFigures(len(precedents), 0, 0, nothing, nothing, ())

    def verdicts(probabilities: F64) -> list[Verdict]:
        return [
            Verdict.CLONE if by_text else cascade.verdict_of(p)
            for p, by_text in zip(probabilities.tolist(), rated.by_text.tolist(), strict=True)
        ]

    corrected = np.where(rated.by_text, rated.priors, rated.corrected)
    return FeedbackFigures(
        verdicts=len(precedents),
        rated=len(rated),
        open=int((~rated.by_text).sum()),
        cascade=_agreement(rated.clones, rated.priors, verdicts(rated.priors)),
        judge=_agreement(rated.clones, corrected, verdicts(corrected)),
        bands=_bands(rated.clones, corrected),
    )


def _agreement(clones: Mask, probabilities: F64, verdicts: Sequence[Verdict]) -> Agreement:
    users = (Verdict.CLONE if is_clone else Verdict.NOT_CLONE for is_clone in clones.tolist())
    agreed = int(((probabilities >= 0.5) == clones).sum())
    said = Counter(zip(users, verdicts, strict=True))
    return Agreement(said, len(clones), agreed, wilson_interval(agreed, len(clones)))


def _bands(clones: Mask, probabilities: F64) -> tuple[Band, ...]:
    found = []
    for low, high in BANDS:
        last = high == BANDS[-1][1]
        inside = (probabilities >= low) & ((probabilities <= high) if last else (probabilities < high))
        if inside.any():
            found.append(Band(low, high, int(inside.sum()), int(clones[inside].sum())))
    return tuple(found)
