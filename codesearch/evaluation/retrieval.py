"""Retrieval on labelled data: every fragment is a query against all others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from codesearch.core.protocols import CandidateLane, LaneHits
from codesearch.core.types import F32, I64, Mask
from codesearch.evaluation.index import LabelledIndex
from codesearch.evaluation.ranking import (
    RECALL_DEPTHS,
    Labels,
    QueryScores,
    Scope,
    ScoredPairs,
    candidate_pairs,
    score_rankings,
)
from indexer.normal.compressed import entries_of

_QUERIES_AT_ONCE = 128  # bounds the neighbour lists: 128 queries of 5,000 neighbours are 5 MB

Reorder = Callable[[I64, Sequence[LaneHits]], list[LaneHits]]
"""Takes the rows of queries and what was found for each; ranks the same rows anew, by scores of its own."""


@dataclass(frozen=True, slots=True)
class RetrievalScores:
    """Figures of one lane.

    Attributes:
        queries: Fragments that asked.
        depth: Rows that every lane was asked for.
        scores: Per-query figures by scope; a scope without anything relevant has none.
        candidates: The lane's first candidates in the same scopes, scored by what ranks them in the end.
    """

    queries: int
    depth: int
    scores: Mapping[Scope, QueryScores]
    candidates: Mapping[Scope, ScoredPairs]


def evaluate_retrieval(
    index: LabelledIndex,
    labels: Labels,
    lane: CandidateLane,
    queries: I64,
    reorder: Reorder | None = None,
    advance: Callable[[int], None] = lambda done: None,
) -> RetrievalScores:
    """Ask a lane for the neighbours of labelled fragments and score the rankings per scope.

    A narrower scope is retrieved on its own, restricted to its languages, so that no neighbour outside it
    takes a place. Every search is deep enough for MAP@R and recall@100 of what the lane ranks.

    Args:
        index: The labelled fragments.
        labels: Their groups and languages.
        lane: Proposes rows.
        queries: int64 [q], positions that ask.
        reorder: Ranks the rows anew; None keeps the lane's order.
        advance: Hears how many more queries are done.
    """
    depth = search_depth(labels, queries)
    parts: dict[Scope, list[tuple[QueryScores, ScoredPairs]]] = {scope: [] for scope in Scope}
    mixed = len(np.unique(labels.language)) > 1
    for batch in same_language_batches(queries, labels):
        fragments = [index.snapshot.fragment(row) for row in index.rows[batch].tolist()]
        for scope in Scope if mixed else (Scope.ALL,):
            found = lane.search(fragments, depth, _allowed(index, labels, int(batch[0]), scope))
            ranked = found if reorder is None else reorder(index.rows[batch], found)
            rankings = score_rankings(batch, scored_neighbours(index, batch, ranked)[0], labels, scope)
            rescored = [_rescored(*hits) for hits in zip(found, ranked, strict=True)]
            pairs = candidate_pairs(batch, *scored_neighbours(index, batch, rescored), labels, scope)
            parts[scope].append((rankings, pairs))
        advance(len(batch))
    if not mixed:
        parts[Scope.SAME_LANGUAGE] = parts[Scope.ALL]
    return RetrievalScores(
        len(queries),
        depth,
        {scope: QueryScores.join([part for part, _ in found]) for scope, found in parts.items() if found},
        {scope: ScoredPairs.join([part for _, part in found]) for scope, found in parts.items() if found},
    )


def _rescored(found: LaneHits, ranked: LaneHits) -> LaneHits:
    """What a lane found, in its order, with the scores that the same rows were ranked by in the end."""
    order = np.argsort(ranked.rows)
    places = order[np.searchsorted(ranked.rows, found.rows, sorter=order)]
    return LaneHits(found.rows, ranked.scores[places])


def search_depth(labels: Labels, queries: I64) -> int:
    """Rows to ask for: one more than is scored, because the query's own row is among them."""
    relevant = labels.relevant(queries, Scope.ALL).max(initial=0)
    return int(max(relevant, *RECALL_DEPTHS)) + 1


def same_language_batches(queries: I64, labels: Labels) -> Iterator[I64]:
    """Queries of one language each, so that a batch has one restriction."""
    for language in np.unique(labels.language[queries]):
        chosen = queries[labels.language[queries] == language]
        for first in range(0, len(chosen), _QUERIES_AT_ONCE):
            yield chosen[first : first + _QUERIES_AT_ONCE]


def row_languages(index: LabelledIndex, labels: Labels) -> I64:
    """int64 [rows]: the labelled language of each row, that of its first fragment."""
    found: I64 = labels.language[index.order[index.starts[:-1]]]
    return found


def _allowed(index: LabelledIndex, labels: Labels, query: int, scope: Scope) -> Mask | None:
    """bool [rows]: the rows of a scope, None for all."""
    if scope is Scope.ALL:
        return None
    same: Mask = row_languages(index, labels) == labels.language[query]
    return same if scope is Scope.SAME_LANGUAGE else ~same


def scored_neighbours(index: LabelledIndex, queries: I64, hits: Sequence[LaneHits]) -> tuple[I64, F32]:
    """int64 [q, k]: the ranked positions of each query without its own, padded with -1; and float32 [q, k]:
    the score of each, that of its row.
    """
    entries = [entries_of(index.starts, found.rows) for found in hits]
    width = max((len(places) for places, _ in entries), default=0)
    neighbours = np.full((len(hits), width), -1, np.int64)
    scores = np.zeros((len(hits), width), np.float32)
    for line, (places, owners) in enumerate(entries):
        positions = index.order[places]
        others = positions != queries[line]
        count = int(others.sum())
        neighbours[line, :count] = positions[others]
        scores[line, :count] = hits[line].scores[owners[others]]
    return neighbours, scores
