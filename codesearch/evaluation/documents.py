"""The JSON documents of ``eval``: the contract with programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codesearch.evaluation.bands import BandRecall
from codesearch.evaluation.detection_scores import DetectionScores
from codesearch.evaluation.pairs import PairScores, PairVerdicts
from codesearch.evaluation.ranking import QueryScores, Scope
from codesearch.evaluation.retrieval import RetrievalScores

Document = dict[str, object]

_RETRIEVAL_METRICS = ("map_at_r", "p_at_1", "map_at_20", "recall_at_10", "recall_at_100")
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Setting:
    """Under what a measurement was taken.

    Attributes:
        models: Model id by kind.
        degraded: What did not run as configured.
        seconds: Seconds by stage.
        counts: Sizes of the data.
        options: What was asked for, such as the lane and the seed.
    """

    models: Mapping[str, str]
    degraded: tuple[str, ...]
    seconds: Mapping[str, float]
    counts: Mapping[str, int]
    options: Mapping[str, str | int | float | bool | None]


def retrieval_document(scores: RetrievalScores, setting: Setting) -> Document:
    """``codesearch.eval-retrieval/1``: each metric by scope, and its 95 % interval under ``intervals``.

    ``average_precision`` is that of the first 20 candidates of all queries, as the lane proposes them, ranked
    together by the score that puts them in order in the end: the lane's, or the reranker's. It is about pairs
    and has no interval.

    None where the scope holds nothing relevant; no interval either where all queries are of one group.
    """
    means = {scope: found.means() for scope, found in scores.scores.items()}
    metrics: Document = {
        metric: {scope.value: _rounded(means.get(scope, {}).get(metric)) for scope in Scope}
        for metric in _RETRIEVAL_METRICS
    }
    counted = {
        scope.value: len(found.p_at_1) if (found := scores.scores.get(scope)) else 0 for scope in Scope
    }
    return {
        "schema": "codesearch.eval-retrieval/1",
        **_common(setting),
        **metrics,
        "average_precision": {
            scope.value: _rounded(scores.candidates[scope].average_precision)
            if scope in scores.candidates
            else None
            for scope in Scope
        },
        "intervals": _intervals(scores),
        "counts": {
            **setting.counts,
            "queries": scores.queries,
            "depth": scores.depth,
            "queries_with_relevant": counted,
        },
    }


def language_pair_rows(
    scores: Mapping[tuple[int, int], QueryScores], languages: Sequence[str]
) -> list[Document]:
    """Figures by pair of languages, in the order of ``languages``, which are named by their numbers.

    ``queries`` counts the fragments of ``query_language`` with something to find in ``answer_language``.
    """
    return [
        {
            "query_language": languages[asking],
            "answer_language": languages[answering],
            "queries": len(found.groups),
            "map_at_r": _rounded(float(found.map_at_r.mean())),
            "p_at_1": _rounded(float(found.p_at_1.mean())),
        }
        for (asking, answering), found in sorted(scores.items())
    ]


def _intervals(scores: RetrievalScores) -> Document:
    """By metric and scope, ``[low, high]`` or None."""
    found = {scope: of_scope.intervals() for scope, of_scope in scores.scores.items()}
    return {
        metric: {scope.value: _rounded_pair(found.get(scope, {}).get(metric)) for scope in Scope}
        for metric in _RETRIEVAL_METRICS
    }


def pairs_document(
    scores: PairScores, verdicts: PairVerdicts, thresholds: tuple[float, float], setting: Setting
) -> Document:
    """``codesearch.eval-pairs/1``.

    Args:
        scores: Figures.
        verdicts: Who decided.
        thresholds: From which probability the reranker says ``clone``, and below which ``not_clone``.
        setting: Under what it was measured.
    """
    confusion = scores.confusion
    return {
        "schema": "codesearch.eval-pairs/1",
        **_common(setting),
        "precision": _rounded(confusion.precision),
        "recall": _rounded(confusion.recall),
        "f1": _rounded(confusion.f1),
        "coverage": _rounded(scores.coverage),
        "threshold": _rounded(thresholds[0]),
        "reject_threshold": _rounded(thresholds[1]),
        "average_precision": _rounded(scores.average_precision),
        "roc_auc": _rounded(scores.roc_auc),
        "ece": _rounded(scores.calibration_error),
        "by_type": _bands(scores.by_type),
        "decided_by": dict(verdicts.decided_by),
        "counts": {
            **setting.counts,
            "pairs": len(verdicts.reported),
            "clones": confusion.true_positive + confusion.false_negative,
            "reported": confusion.true_positive + confusion.false_positive,
            "unsure": int(verdicts.unsure.sum()),
        },
    }


def detection_document(scores: DetectionScores, setting: Setting) -> Document:
    """``codesearch.eval-detection/1``; ``recall`` is micro, over all labelled clones."""
    return {
        "schema": "codesearch.eval-detection/1",
        **_common(setting),
        "recall": _rounded(scores.recall),
        "by_type": _bands(scores.by_type),
        "counts": {
            **setting.counts,
            "clones": scores.clones,
            "clones_found": scores.clones_found,
            "not_clones": scores.others,
            "not_clones_found": scores.others_found,
        },
    }


def _bands(by_type: Mapping[str, BandRecall]) -> Document:
    return {
        name: {
            "n": band.pairs,
            "recall": _rounded(band.recall),
            "cluster_pairs": band.cluster_pairs,
            "macro_recall": _rounded(band.macro_recall),
        }
        for name, band in by_type.items()
    }


def _common(setting: Setting) -> Document:
    return {
        "degraded": list(setting.degraded),
        "options": dict(setting.options),
        "models": dict(setting.models),
        "seconds": {stage: round(value, 3) for stage, value in setting.seconds.items()},
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


def _rounded_pair(ends: tuple[float, float] | None) -> list[float] | None:
    return None if ends is None else [round(end, _DIGITS) for end in ends]
