"""Ranks retrieved rows again by P(clone)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codesearch.core.types import I64, Fragment
from codesearch.evaluation.index import LabelledIndex
from indexer.embedding.stored import row_cosines
from reranker.cascade import Candidate, Cascade


class Reranking:
    """Orders the first candidates of each query by their probability; what comes after them keeps its order.

    Args:
        index: Whose rows are ranked.
        cascade: Gives the probabilities.
        candidates: How many of each ranking are settled, as ``query`` does it.
    """

    def __init__(self, index: LabelledIndex, cascade: Cascade, candidates: int) -> None:
        self._index = index
        self._cascade = cascade
        self._candidates = candidates

    def reorder(self, queries: I64, rows: Sequence[I64]) -> list[I64]:
        """The ranked rows of each query (int64 [q], rows of the index too) in their new order."""
        return [
            np.concatenate(
                (self._by_probability(query, found[: self._candidates]), found[self._candidates :])
            )
            for query, found in zip(queries.tolist(), rows, strict=True)
        ]

    def _by_probability(self, query: int, rows: I64) -> I64:
        snapshot = self._index.snapshot
        fragment: Fragment = snapshot.fragment(query)
        cosines = row_cosines(snapshot.vectors(rows), snapshot.vectors(np.array([query]))[0])
        settled = self._cascade.settle(
            [
                Candidate(fragment, snapshot.fragment(row), float(cosine))
                for row, cosine in zip(rows.tolist(), cosines, strict=True)
            ]
        )
        probabilities = np.array([pair.decision.probability for pair in settled])
        return rows[np.argsort(-probabilities, kind="stable")]
