"""BM25 over identifier sub-tokens: names carry much of the meaning."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codesearch.core.protocols import LaneHits
from codesearch.core.types import F32, F64, I32, I64, Fragment, Mask
from indexer.normal.subtokens import distinct_terms
from indexer.segments.postings import Lists
from indexer.segments.snapshot import Snapshot
from retriever.ranking import best_rows

QUERY_TERMS = 64  # rarest first: bounds the postings that a long function reads

COMMON_SHARE = 0.05
"""Terms in more than this share of all contents are looked up only for rows that the rarer ones leave in the
race (as in MaxScore, Turtle and Flood 1995): of the words of a function they are half, and seven eighths of
the postings. What is found is the same..."""
COMMON_FLOOR = 30_000
"""...and where their lists have fewer entries together, they are cheaper to read than to prune."""

K1 = 1.5
"""How fast repeats of a term stop to count, and..."""
B = 0.75
"""...how much the length of a content does; both as in Lucene and bm25s (Lù 2024)."""

_ROUNDING = 1e-6  # more than the error of scores that are rounded to 32 bits


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
        return [self._search(query, k, permitted) for query in queries]

    def _search(self, query: Fragment, k: int, permitted: Mask) -> LaneHits:
        terms = distinct_terms(query.tokens)
        lists = [
            Lists.of(terms, segment.arrays.term_hashes, segment.arrays.term_starts)
            for segment in self._snapshot.segments
        ]
        frequency = sum((found.sizes for found in lists), np.zeros(len(terms), np.int64))
        rarest = np.argsort(np.where(frequency > 0, frequency, len(self._snapshot) + 1), kind="stable")
        chosen = np.zeros(len(terms), bool)
        chosen[rarest[:QUERY_TERMS]] = True
        common = chosen & (frequency > COMMON_SHARE * len(self._snapshot))
        if frequency[common].sum() < COMMON_FLOOR:
            common[:] = False
        idf = _idf(frequency, len(self._snapshot))
        scores = self._scores(lists, chosen & ~common, idf)
        rows = _hopeful(scores, permitted, k, float(idf[common].sum()))
        if rows is None:
            scores += self._scores(lists, common, idf)
            rows = np.flatnonzero((scores > 0) & permitted)
        else:
            for term in np.flatnonzero(common).tolist():
                self._add(scores, rows, lists, term, idf[term])
        return best_rows(rows, scores[rows].astype(np.float32), k, self._snapshot.ties)

    def _scores(self, lists: Sequence[Lists], used: Mask, idf: F32) -> F64:
        """float64 [rows], what the terms that are used give to each."""
        scores = np.zeros(len(self._snapshot))
        for found, (segment, first) in zip(lists, self._snapshot.parts(), strict=True):
            rows = found.joined(segment.arrays.term_rows, used)
            counts = found.joined(segment.arrays.term_counts, used).astype(np.float32)
            norms = self._norms[first : first + len(segment)]
            weights = _saturated(counts, norms[rows]) * found.spread(idf, used)
            scores[first : first + len(segment)] = np.bincount(rows, weights, minlength=len(segment))
        return scores

    def _add(self, scores: F64, rows: I64, lists: Sequence[Lists], term: int, idf: np.float32) -> None:
        """Add to scores float64 [rows] what a term gives to some rows, ascending."""
        for found, (segment, first) in zip(lists, self._snapshot.parts(), strict=True):
            start, size = int(found.firsts[term]), int(found.sizes[term])
            if not size:
                continue
            holders = segment.arrays.term_rows[start : start + size]
            own = rows[slice(*np.searchsorted(rows, (first, first + len(segment))))]
            wanted = (own - first).astype(holders.dtype)
            at = np.minimum(np.searchsorted(holders, wanted), size - 1)
            holding = holders[at] == wanted
            counts = segment.arrays.term_counts[start : start + size][at[holding]].astype(np.float32)
            scores[own[holding]] += _saturated(counts, self._norms[own[holding]]) * idf


def _hopeful(scores: F64, permitted: Mask, k: int, missing: float) -> I64 | None:
    """Permitted rows that may be among the ``k`` best when each score has grown by up to ``missing``,
    ascending; None where that is every row.
    """
    rows = np.flatnonzero((scores > 0) & permitted)
    if len(rows) < k:
        return rows if missing == 0 else None
    found = scores[rows]
    floor = np.partition(found, len(rows) - k)[len(rows) - k] * (1 - _ROUNDING)
    # A row without any score yet can only reach what is missing.
    return rows[found >= floor - missing] if floor > missing else None


def _saturated(counts: F32, norms: F32) -> F32:
    """float32 [m]: what m occurrences of a term count, 0 to 1."""
    weights: F32 = counts / (counts + norms)
    return weights


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
