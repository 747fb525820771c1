"""Verdicts on labelled pairs, as ``compare`` gives them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from codesearch.core.judge import Case, CaseSide
from codesearch.core.protocols import Embedder
from codesearch.core.results import Decision, Verdict
from codesearch.core.types import F32, I64, Fragment, Mask
from codesearch.evaluation.bands import BandRecall, recall_by_type
from codesearch.evaluation.datasets import LabelledFragment, LabelledPair
from codesearch.evaluation.index import embed_in_batches
from codesearch.evaluation.metrics import Confusion, average_precision, expected_calibration_error, roc_auc
from indexer.embedding.stored import row_cosines
from reranker.cascade import Candidate, Cascade
from reranker.judge.stage import JudgeStage, ruled

_PAIRS_AT_ONCE = 256  # bounds the alignments in memory


@dataclass(frozen=True, slots=True)
class PairVerdicts:
    """The product's answers about pairs; one entry per pair, in order.

    Attributes:
        reported: bool [n], the verdict is ``clone``.
        unsure: bool [n], the verdict is ``unsure``.
        probabilities: float32 [n], P(clone).
        open_to_judges: bool [n], not settled as a copy.
        decided_by: Number of pairs that each stage settled.
    """

    reported: Mask
    unsure: Mask
    probabilities: F32
    open_to_judges: Mask
    decided_by: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PairScores:
    """Figures of the verdicts; a ratio whose denominator is 0 is None.

    Attributes:
        confusion: Only ``clone`` counts as reported.
        coverage: Share of pairs with a verdict other than ``unsure``.
        average_precision: Of the probabilities.
        roc_auc: Likewise.
        calibration_error: Expected calibration error, 15 bins.
        by_type: Recall of each labelled clone type.
    """

    confusion: Confusion
    coverage: float | None
    average_precision: float | None
    roc_auc: float | None
    calibration_error: float | None
    by_type: Mapping[str, BandRecall]


def settle_pairs(
    fragments: Sequence[Fragment],
    sides: tuple[I64, I64],
    embedder: Embedder,
    cascade: Cascade,
    judges: JudgeStage | None = None,
    advance: Callable[[int], None] = lambda done: None,
) -> PairVerdicts:
    """Settle pairs of fragments.

    Args:
        fragments: Whole fragments of any size.
        sides: int64 [n] and int64 [n], positions in ``fragments``.
        embedder: Gives the cosines, of stored vectors as an index and ``compare`` have them.
        cascade: Gives the verdicts.
        judges: Asked, all pairs at once, about those that it leaves open; None to leave them open.
        advance: Hears how many more pairs are settled.
    """
    cases = labelled_cases(fragments, sides, embedder, cascade, lambda row: CaseSide(fragments[row]), advance)
    return _verdicts(_judged(cases, judges))


def labelled_cases(
    fragments: Sequence[Fragment],
    sides: tuple[I64, I64],
    embedder: Embedder,
    cascade: Cascade,
    side_of: Callable[[int], CaseSide],
    advance: Callable[[int], None] = lambda done: None,
) -> list[Case]:
    """One case per pair, in order, with what the cascade says of it.

    Args:
        fragments: As for :func:`settle_pairs`, and likewise the others.
        sides: Positions in ``fragments``.
        embedder: Gives the cosines.
        cascade: Gives the decisions.
        side_of: What is known of the fragment at a position.
        advance: Hears how many more pairs are settled.
    """
    vectors = embed_in_batches(fragments, embedder)
    cases: list[Case] = []
    for first in range(0, len(sides[0]), _PAIRS_AT_ONCE):
        ours, theirs = (side[first : first + _PAIRS_AT_ONCE] for side in sides)
        cosines = row_cosines(vectors[ours], vectors[theirs]).tolist()
        rows = list(zip(ours.tolist(), theirs.tolist(), cosines, strict=True))
        settled = cascade.settle([Candidate(fragments[a], fragments[b], cosine) for a, b, cosine in rows])
        cases += [
            Case(side_of(a), side_of(b), cosine, one.decision)
            for (a, b, cosine), one in zip(rows, settled, strict=True)
        ]
        advance(len(rows))
    return cases


def _judged(cases: Sequence[Case], judges: JudgeStage | None) -> list[Decision]:
    """Final decisions, in order."""
    if judges is None:
        return [case.decision for case in cases]
    rulings = judges.rule(cases)
    return [ruled(case.decision, ruling) for case, ruling in zip(cases, rulings, strict=True)]


def _verdicts(decisions: Sequence[Decision]) -> PairVerdicts:
    decided_by = Counter(decision.decided_by for decision in decisions)
    return PairVerdicts(
        np.array([decision.verdict is Verdict.CLONE for decision in decisions], bool),
        np.array([decision.verdict is Verdict.UNSURE for decision in decisions], bool),
        np.array([decision.probability for decision in decisions], np.float32),
        np.array([decision.decided_by != "fingerprint" for decision in decisions], bool),
        dict(sorted(decided_by.items())),
    )


def score_pairs(
    pairs: Sequence[LabelledPair], verdicts: PairVerdicts, fragments: Sequence[LabelledFragment]
) -> PairScores:
    """Compare verdicts with the labels of the same pairs; ``fragments`` name the groups of macro recall."""
    labels = np.array([pair.label for pair in pairs], bool)
    group_of = {fragment.id: fragment.group for fragment in fragments}
    return PairScores(
        confusion=Confusion.of(verdicts.reported, labels),
        coverage=float(1 - verdicts.unsure.mean()) if len(pairs) else None,
        average_precision=average_precision(verdicts.probabilities, labels),
        roc_auc=roc_auc(verdicts.probabilities, labels),
        calibration_error=expected_calibration_error(verdicts.probabilities, labels),
        by_type=recall_by_type(pairs, verdicts.reported.tolist(), group_of),
    )
