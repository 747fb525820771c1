"""Retrieval from one language into another: which languages meet, and which do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from codesearch.core.protocols import CandidateLane
from codesearch.core.types import I64
from codesearch.evaluation.index import LabelledIndex
from codesearch.evaluation.ranking import Labels, QueryScores, Scope, score_rankings
from codesearch.evaluation.retrieval import (
    row_languages,
    same_language_batches,
    scored_neighbours,
    search_depth,
)

LanguagePair = tuple[int, int]
"""Language of the query and of what is searched, as the labels number them."""


def evaluate_language_pairs(
    index: LabelledIndex,
    labels: Labels,
    lane: CandidateLane,
    queries: I64,
    advance: Callable[[int], None] = lambda done: None,
) -> Mapping[LanguagePair, QueryScores]:
    """Ask a lane for the neighbours of each query in every language on its own, the query's included.

    Args:
        index: The labelled fragments.
        labels: Their groups and languages.
        lane: Proposes rows.
        queries: int64 [q], positions that ask.
        advance: Hears how many more queries are done.

    Returns:
        Figures by pair of languages, for those pairs in which some query has something relevant to find.
    """
    depth = search_depth(labels, queries)
    language_of_row = row_languages(index, labels)
    languages = np.unique(labels.language).tolist()
    parts: dict[LanguagePair, list[QueryScores]] = {}
    for batch in same_language_batches(queries, labels):
        asking = int(labels.language[batch[0]])
        fragments = [index.snapshot.fragment(row) for row in index.rows[batch].tolist()]
        for answering in languages:
            hits = lane.search(fragments, depth, language_of_row == answering)
            neighbours, _ = scored_neighbours(index, batch, hits)
            scope = Scope.SAME_LANGUAGE if answering == asking else Scope.CROSS_LANGUAGE
            scores = score_rankings(batch, neighbours, _between(labels, asking, answering), scope)
            parts.setdefault((asking, answering), []).append(scores)
        advance(len(batch))
    joined = {pair: QueryScores.join(found) for pair, found in parts.items()}
    return {pair: scores for pair, scores in joined.items() if len(scores.groups)}


def _between(labels: Labels, asking: int, answering: int) -> Labels:
    """Labels in which fragments of all other languages are relevant to none of these two's."""
    inside = (labels.language == asking) | (labels.language == answering)
    return Labels(np.where(inside, labels.group, labels.group.max() + 1), labels.language)
