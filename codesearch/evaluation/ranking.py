"""Retrieval quality from ranked neighbours: MAP@R, P@1, recall@k and the average precision of candidates.

Everything is computed per query first, so that a large set can be scored in batches and joined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from codesearch.core.types import F32, I64, Mask
from codesearch.evaluation.bootstrap import F64, mean_intervals
from codesearch.evaluation.metrics import average_precision

RECALL_DEPTHS = (10, 100)
CANDIDATES = 20  # neighbours of a query that average precision looks at: what a person would read


class Scope(StrEnum):
    """Which fragments a query is compared with."""

    ALL = "all"
    SAME_LANGUAGE = "same_language"
    CROSS_LANGUAGE = "cross_language"


@dataclass(frozen=True, slots=True)
class Labels:
    """What is known about the ``n`` fragments of a data set.

    Attributes:
        group: int64 [n]; fragments of one group are relevant to each other.
        language: int64 [n], numbered as they come.
    """

    group: I64
    language: I64

    @classmethod
    def of(cls, groups: Sequence[str], languages: Sequence[str]) -> Labels:
        """Number the names; the numbers carry no meaning but equality."""
        return cls(_numbered(groups), _numbered(languages))

    def relevant(self, queries: I64, scope: Scope) -> I64:
        """int64 [q]: how many other fragments of the scope share each query's group."""
        pairs = np.stack([self.group, self.language], axis=1)
        _, same_key, same_counts = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
        of_group = np.bincount(self.group)[self.group[queries]]
        of_language = same_counts[same_key.reshape(-1)[queries]]
        if scope is Scope.ALL:
            return (of_group - 1).astype(np.int64)
        if scope is Scope.SAME_LANGUAGE:
            return (of_language - 1).astype(np.int64)
        return (of_group - of_language).astype(np.int64)


@dataclass(frozen=True, slots=True)
class ScoredPairs:
    """Queries with one candidate each, of all queries together; one entry per pair in both arrays.

    Attributes:
        scores: float32 [p], what ranks the candidates in the end.
        relevant: bool [p].
    """

    scores: F32
    relevant: Mask

    @property
    def average_precision(self) -> float | None:
        """Of the pairs ranked by score over all queries; None when none is relevant.

        It asks more than the order within each answer: that a score means the same for every query, as one
        threshold for all of them needs it. Relevant fragments that are no candidates play no part.
        """
        return average_precision(self.scores, self.relevant)

    @staticmethod
    def join(parts: Sequence[ScoredPairs]) -> ScoredPairs:
        """The pairs of several batches."""
        return ScoredPairs(
            np.concatenate([part.scores for part in parts]), np.concatenate([part.relevant for part in parts])
        )


@dataclass(frozen=True, slots=True)
class QueryScores:
    """Scores of the queries that have something relevant to find; one entry per query in every array.

    Attributes:
        groups: int64 [m], the group of each query.
        map_at_r: float64 [m], 0 to 1.
        p_at_1: float64 [m], 0 or 1.
        map_at_20: float64 [m], 0 to 1.
        recall_at: float64 [m] by depth, 0 to 1.
        without_relevant: Number of queries left out because the scope holds nothing relevant to them.
    """

    groups: I64
    map_at_r: F64
    p_at_1: F64
    map_at_20: F64
    recall_at: Mapping[int, F64]
    without_relevant: int

    def by_metric(self) -> dict[str, F64]:
        """``map_at_r``, ``p_at_1``, ``map_at_20`` and ``recall_at_<depth>``, float64 [m] each."""
        named = {"map_at_r": self.map_at_r, "p_at_1": self.p_at_1, "map_at_20": self.map_at_20}
        return named | {f"recall_at_{depth}": values for depth, values in self.recall_at.items()}

    def means(self) -> dict[str, float | None]:
        """Each metric over the queries; None when there is none."""
        return {
            name: float(values.mean()) if len(values) else None for name, values in self.by_metric().items()
        }

    def intervals(self) -> dict[str, tuple[float, float] | None]:
        """Low and high end of the 95 % interval of each mean; None where there are fewer than two groups."""
        named = self.by_metric()
        ends = mean_intervals(np.stack(list(named.values())), self.groups)
        if ends is None:
            return dict.fromkeys(named)
        return {name: (low, high) for name, (low, high) in zip(named, ends.tolist(), strict=True)}

    @staticmethod
    def join(parts: Sequence[QueryScores]) -> QueryScores:
        """The scores of several batches (at least one, of equal depths) as one, in order."""
        depths = parts[0].recall_at
        return QueryScores(
            np.concatenate([part.groups for part in parts]),
            np.concatenate([part.map_at_r for part in parts]),
            np.concatenate([part.p_at_1 for part in parts]),
            np.concatenate([part.map_at_20 for part in parts]),
            {depth: np.concatenate([part.recall_at[depth] for part in parts]) for depth in depths},
            sum(part.without_relevant for part in parts),
        )


def score_rankings(
    queries: I64,
    neighbours: I64,
    labels: Labels,
    scope: Scope = Scope.ALL,
    depths: Sequence[int] = RECALL_DEPTHS,
) -> QueryScores:
    """Score ranked neighbour lists.

    With R the number of relevant fragments in the scope and rel(i) whether the i-th neighbour is relevant:
    MAP@R = 1/R · sum over i = 1..R of rel(i) · precision of the first i (Musgrave et al. 2020, "A Metric
    Learning Reality Check"; CodeXGLUE's POJ-104 score), P@1 = rel(1), recall@k = relevant among the first
    k neighbours / R, MAP@20 = 1/min(R, 20) · sum over i = 1..20 of rel(i) · precision of the first i.

    A narrower scope drops the neighbours outside it before ranks are counted. What a list does not reach
    counts as not found: a list with fewer than R neighbours of the scope bounds MAP@R from below.

    Args:
        queries: int64 [q], positions of the queries among the labelled fragments.
        neighbours: int64 [q, k], positions best first, without repetition; -1 pads. The query
            itself is ignored.
        labels: Groups and languages of the fragments.
        scope: Which neighbours count.
        depths: The k of recall@k.
    """
    relevant = labels.relevant(queries, scope)
    counted = relevant > 0
    queries, neighbours, relevant = queries[counted], neighbours[counted], relevant[counted]
    valid = _inside(queries, neighbours, labels, scope)
    hits: Mask = valid & (labels.group[neighbours] == labels.group[queries][:, None])
    ranks = np.cumsum(valid, axis=1, dtype=np.int64)
    precisions = np.divide(np.cumsum(hits, axis=1), ranks, out=np.zeros(hits.shape), where=hits)
    return QueryScores(
        groups=labels.group[queries],
        map_at_r=(precisions * (ranks <= relevant[:, None])).sum(axis=1) / relevant,
        p_at_1=(hits & (ranks == 1)).any(axis=1).astype(np.float64),
        map_at_20=(precisions * (ranks <= CANDIDATES)).sum(axis=1) / np.minimum(relevant, CANDIDATES),
        recall_at={depth: (hits & (ranks <= depth)).sum(axis=1) / relevant for depth in depths},
        without_relevant=int((~counted).sum()),
    )


def candidate_pairs(
    queries: I64, neighbours: I64, scores: F32, labels: Labels, scope: Scope = Scope.ALL
) -> ScoredPairs:
    """The first 20 candidates of every query that has something relevant in the scope, each with its score.

    Args:
        queries: int64 [q], as :func:`score_rankings` takes them.
        neighbours: int64 [q, k], as a lane ranked them: a reranker gives the same pairs other scores, so that
            its average precision compares with the lane's.
        scores: float32 [q, k], what ranks the neighbours in the end.
        labels: Groups and languages of the fragments.
        scope: Which neighbours count.
    """
    counted = labels.relevant(queries, scope) > 0
    queries, neighbours, scores = queries[counted], neighbours[counted], scores[counted]
    valid = _inside(queries, neighbours, labels, scope)
    first = valid & (np.cumsum(valid, axis=1) <= CANDIDATES)
    return ScoredPairs(scores[first], (labels.group[neighbours] == labels.group[queries][:, None])[first])


def _inside(queries: I64, neighbours: I64, labels: Labels, scope: Scope) -> Mask:
    """bool [q, k]: neighbours of the scope, without padding and the query itself."""
    valid: Mask = (neighbours >= 0) & (neighbours != queries[:, None])
    if scope is not Scope.ALL:
        same = labels.language[neighbours] == labels.language[queries][:, None]
        valid &= same if scope is Scope.SAME_LANGUAGE else ~same
    return valid


def _numbered(names: Sequence[str]) -> I64:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)
