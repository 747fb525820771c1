"""Ranks retrieved rows again by what the reranker says of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codesearch.core.protocols import LaneHits
from codesearch.core.types import F32, I64, Fragment
from codesearch.evaluation.index import LabelledIndex
from indexer.embedding.stored import row_cosines
from reranker.cascade import Candidate, Cascade


class Reranking:
    """Orders the first candidates of each query by :attr:`reranker.cascade.Settled.order`, which puts copies
    first and all others by the reranker's probability; what comes after them keeps its order.

    Args:
        index: Whose rows are ranked.
        cascade: Gives the probabilities.
        candidates: How many of each ranking are settled, as ``query`` does it.
    """

    def __init__(self, index: LabelledIndex, cascade: Cascade, candidates: int) -> None:
        self._index = index
        self._cascade = cascade
        self._candidates = candidates

    def reorder(self, queries: I64, hits: Sequence[LaneHits]) -> list[LaneHits]:
        """What was found for each query (int64 [q], rows of the index too) in its new order.

        Scores are those that it is ordered by; 0 for what was not settled, which comes last.
        """
        return [self._reordered(query, found) for query, found in zip(queries.tolist(), hits, strict=True)]

    def _reordered(self, query: int, found: LaneHits) -> LaneHits:
        first, rest = np.split(found.rows, [self._candidates])
        scores = self._scores(query, first)
        order = np.argsort(-scores, kind="stable")
        unsettled = np.zeros(len(rest), np.float32)
        return LaneHits(np.concatenate((first[order], rest)), np.concatenate((scores[order], unsettled)))

    def _scores(self, query: int, rows: I64) -> F32:
        snapshot = self._index.snapshot
        fragment: Fragment = snapshot.fragment(query)
        cosines = row_cosines(snapshot.vectors(rows), snapshot.vectors(np.array([query]))[0])
        settled = self._cascade.settle(
            [
                Candidate(fragment, snapshot.fragment(row), float(cosine))
                for row, cosine in zip(rows.tolist(), cosines, strict=True)
            ]
        )
        return np.array([pair.order for pair in settled], np.float32)
