"""BM25 over identifier sub-tokens: names carry much of the meaning."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codesearch.core.protocols import LaneHits
from codesearch.core.types import F32, I64, Fragment, Mask
from indexer.normal.subtokens import distinct_terms
from indexer.segments.postings import Lists
from indexer.segments.snapshot import Snapshot
from retriever.ranking import best_of

QUERY_TERMS = 64  # rarest first: bounds the postings that a long function reads


class LexicalLane:
    """Scores are BM25 with document frequencies of the whole snapshot.

    Each segment stores the scores that bm25s computed from its own statistics. A score is a term's IDF
    times a factor of the document, so one ratio per term turns the segment's IDF into the snapshot's.
    """

    name = "lexical"

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def search(self, queries: Sequence[Fragment], k: int, allowed: Mask | None = None) -> list[LaneHits]:
        """At most ``k`` rows per query, best first."""
        permitted = self._snapshot.live if allowed is None else allowed & self._snapshot.live
        return [best_of(self._scores(query), k, self._snapshot.ties, permitted) for query in queries]

    def _scores(self, query: Fragment) -> F32:
        """float32 [rows]."""
        terms = distinct_terms(query.tokens)
        lists = [
            Lists.of(terms, segment.arrays.term_hashes, segment.arrays.term_starts)
            for segment in self._snapshot.segments
        ]
        frequency = sum((found.sizes for found in lists), np.zeros(len(terms), np.int64))
        rarest = np.argsort(np.where(frequency > 0, frequency, len(self._snapshot) + 1), kind="stable")
        chosen = np.zeros(len(terms), bool)
        chosen[rarest[:QUERY_TERMS]] = True
        scores = np.zeros(len(self._snapshot), np.float32)
        for found, (segment, first) in zip(lists, self._snapshot.parts(), strict=True):
            ratio = _idf(frequency, len(self._snapshot)) / _idf(found.sizes, len(segment))
            cells, owners = found.cells(chosen)
            weighted = segment.arrays.term_scores[cells] * ratio[owners]
            rows = segment.arrays.term_rows[cells]
            scores[first : first + len(segment)] = np.bincount(rows, weighted, minlength=len(segment))
        return scores


def _idf(frequency: I64, count: int) -> F32:
    """Lucene's IDF, as bm25s computes it."""
    return np.log1p((count - frequency + 0.5) / (frequency + 0.5)).astype(np.float32)
