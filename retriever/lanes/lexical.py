"""BM25 over identifier sub-tokens: names carry much of the meaning."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codesearch.core.protocols import LaneHits
from codesearch.core.types import F32, I32, I64, Fragment, Mask
from indexer.normal.subtokens import distinct_terms
from indexer.segments.postings import Lists
from indexer.segments.snapshot import Snapshot
from retriever.ranking import best_of

QUERY_TERMS = 64  # rarest first: bounds the postings that a long function reads


K1 = 1.5
"""How fast repeats of a term stop to count, and..."""
B = 0.75
"""...how much the length of a content does; both as in Lucene and bm25s (Lù 2024)."""


class LexicalLane:
    """Scores are BM25 in Lucene's variant, never negative; all variants are alike (Kamphuis et al. 2020).

    Frequencies and the average length are those of the whole snapshot, so that a score does not depend on how
    contents are spread over segments.
    """

    name = "lexical"

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._norms = _length_norms([segment.arrays.term_lengths for segment in snapshot.segments])

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
        idf = _idf(frequency, len(self._snapshot))
        scores = np.zeros(len(self._snapshot), np.float32)
        for found, (segment, first) in zip(lists, self._snapshot.parts(), strict=True):
            rows = found.joined(segment.arrays.term_rows, chosen)
            counts = found.joined(segment.arrays.term_counts, chosen).astype(np.float32)
            weights = counts / (counts + self._norms[first : first + len(segment)][rows])
            weights *= found.spread(idf, chosen)
            scores[first : first + len(segment)] = np.bincount(rows, weights, minlength=len(segment))
        return scores


def _length_norms(lengths: Sequence[I32]) -> F32:
    """float32 [rows]: what is added to a term's count, more for contents that are longer than the average."""
    together = np.concatenate(lengths) if lengths else np.empty(0, np.int32)
    average = max(together.mean(dtype=np.float64), 1.0) if len(together) else 1.0
    norms: F32 = (K1 * ((1 - B) + B * together / average)).astype(np.float32)
    return norms


def _idf(frequency: I64, count: int) -> F32:
    """Lucene's IDF."""
    idf: F32 = np.log1p((count - frequency + 0.5) / (frequency + 0.5)).astype(np.float32)
    return idf
