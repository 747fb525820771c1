"""From the folder of labelled data to a fitted calibration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from codesearch.core.protocols import Embedder
from codesearch.evaluation.datasets import LabelledFragment
from codesearch.evaluation.index import labelled_index
from codesearch.evaluation.lanes import FusedLane
from codesearch.evaluation.parsing import parse_labelled
from codesearch.evaluation.ranking import Scope
from codesearch.training.calibration import HeldOutFigures, SetCandidates, fit_calibration
from codesearch.training.candidates import (
    NOBODY_JUDGED,
    Candidates,
    Draw,
    LabelledSet,
    labels_by_ids,
    retrieved_candidates,
)
from codesearch.training.fingerprints import FingerprintShares, fingerprint_shares
from codesearch.training.sets import (
    LABELLED_SETS,
    REAL_CODE,
    TRAINING_SETS,
    TrainingSet,
    real_haystack,
    unlearnt_groups,
    unlearnt_pairs,
)
from reranker.calibration import Calibration
from reranker.weights import Weights

REAL_SHARE = 0.8  # of the weight: what is searched is real code, what is labelled is mostly contest programs


TAUGHT = {"bcb": 2.0, "poj104": 0.3, "atcoder": 2.0, "leetcode": 1.0, REAL_CODE: 1.0}
"""Weight of each set in the loss that the reranker's trees are grown by. AtCoder has what is hardest to tell
apart, BigCloneBench the copies; nearly all candidates in POJ-104 are clones. With 1 in place of 2 the P@1 of
validation moved by under a point."""


@dataclass(frozen=True, slots=True)
class CalibrationPlan:
    """How much is drawn.

    Attributes:
        fragments: Indexed of each contest set; a set of real functions is indexed whole: more to confuse.
        queries: Contents that ask, per contest set; half as many more ask for other languages only, and half
            as many for their own only.
        real_queries: Contents that ask, per set of real functions.
        depth: Candidates per query.
        seed: Of every draw.
        jobs: Parser processes.
    """

    fragments: int = 6000
    queries: int = 1000
    real_queries: int = 3000
    depth: int = 20
    seed: int = 0
    jobs: int = 1


@dataclass(frozen=True, slots=True)
class Product:
    """The parts of the product that propose candidates and describe them.

    Attributes:
        embedder: Of the dense lane.
        weights: Settings ``retrieval.weights``.
        features: How much tells what two fragments share.
    """

    embedder: Embedder
    weights: Mapping[str, float]
    features: Weights


def build_calibration(
    model_id: str, data: Path, product: Product, plan: CalibrationPlan, tell: Callable[[str], None]
) -> tuple[Calibration, tuple[HeldOutFigures, ...]]:
    """Retrieve candidates in every training set and fit the calibration on them.

    Args:
        model_id: Id of the result.
        data: Folder of the labelled data.
        product: What proposes the candidates.
        plan: How many are drawn.
        tell: Hears which set is at work.

    Raises:
        InputError: A set is not in the folder.
        MissingExtra: scipy is not installed.
    """
    sets = []
    for training_set in LABELLED_SETS:
        tell(training_set.name)
        size = 1 << 30 if training_set.real else plan.fragments
        labelled = unlearnt_groups(data, training_set, size, plan.seed)
        pairs = labels_by_ids(unlearnt_pairs(data, training_set, labelled, plan.seed))
        sets.append(_candidates(training_set, labelled, pairs, product, plan))
    if functions := real_haystack(data):
        tell(REAL_CODE)
        # Contest problems alone would teach that whatever is nearest in another language is a clone.
        for training_set in (item for item in LABELLED_SETS if item.real):
            functions += unlearnt_groups(data, training_set, 1 << 30, plan.seed)
        haystack = next(item for item in TRAINING_SETS if item.name == REAL_CODE)
        sets.append(_candidates(haystack, functions, NOBODY_JUDGED, product, plan))
    return fit_calibration(model_id, product.embedder.id, sets)


def _candidates(
    training_set: TrainingSet,
    labelled: Sequence[LabelledFragment],
    pairs: Mapping[tuple[str, str], bool],
    product: Product,
    plan: CalibrationPlan,
) -> SetCandidates:
    queries = plan.real_queries if training_set.real else plan.queries
    fragments = parse_labelled(labelled, plan.jobs, renamed=training_set.templated)
    with labelled_index(fragments, product.embedder) as index:
        training = LabelledSet(index, labelled, pairs)
        lane = FusedLane(index.snapshot, product.embedder, product.weights)
        draws = [Draw(queries, plan.depth, plan.seed)]
        if len(set(index.languages.tolist())) > 1:
            draws.append(Draw(queries // 2, plan.depth, plan.seed + 1, Scope.CROSS_LANGUAGE))
            draws.append(Draw(queries // 2, plan.depth, plan.seed + 2, Scope.SAME_LANGUAGE))
        found = [retrieved_candidates(training, lane, draw, product.features) for draw in draws]
        shares = FingerprintShares.none() if pairs is NOBODY_JUDGED else fingerprint_shares(training)
    return SetCandidates(
        training_set.name,
        Candidates.join(found),
        shares,
        _weight(training_set),
        TAUGHT[training_set.name],
        training_set.paired,
    )


def _weight(training_set: TrainingSet) -> float:
    """Sets of real functions share one part of the weight evenly, contest sets the other."""
    alike = sum(other.real == training_set.real for other in TRAINING_SETS)
    return (REAL_SHARE if training_set.real else 1 - REAL_SHARE) / alike
