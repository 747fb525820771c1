"""Contents that share rare winnowed n-grams with a fragment: candidates for Type-3."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codesearch.core.protocols import LaneHits
from codesearch.core.types import F32, I32, Fragment, Mask
from indexer.normal.keys import blind_tokens
from indexer.normal.winnow import winnow
from indexer.segments.postings import Lists
from indexer.segments.snapshot import Snapshot
from retriever.ranking import NO_HITS, best_rows

COMMON_SHARE = 0.02
"""An n-gram in more than this share of all contents is boilerplate and proposes nothing on its own..."""
COMMON_FLOOR = 500
"""...unless it is in fewer contents than this. The two bound the work of a query, whatever the corpus
repeats.
"""


class NearMissLane:
    """Scores the IDF-weighted overlap of fingerprints as a cosine, 0 to about 1."""

    name = "near_miss"

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        counts = [segment.arrays.gram_counts for segment in snapshot.segments]
        self._counts = np.concatenate(counts) if counts else np.empty(0, np.int32)

    def search(self, queries: Sequence[Fragment], k: int, allowed: Mask | None = None) -> list[LaneHits]:
        """At most ``k`` rows per query, best first."""
        permitted = self._snapshot.live if allowed is None else allowed & self._snapshot.live
        return [self._search(query, k, permitted) for query in queries]

    def _search(self, query: Fragment, k: int, permitted: Mask) -> LaneHits:
        grams = winnow(blind_tokens(query.tokens))
        lists = [
            Lists.of(grams, segment.arrays.gram_hashes, segment.arrays.gram_starts)
            for segment in self._snapshot.segments
        ]
        frequency = sum((found.sizes for found in lists), np.zeros(len(grams), np.int64))
        rare = (frequency > 0) & (frequency <= max(COMMON_FLOOR, int(COMMON_SHARE * len(self._snapshot))))
        weights = np.log1p(len(self._snapshot) / np.maximum(frequency, 1)).astype(np.float32)
        if not rare.any():
            return NO_HITS
        scores = np.zeros(len(self._snapshot), np.float32)
        for found, (segment, first) in zip(lists, self._snapshot.parts(), strict=True):
            rows = found.joined(segment.arrays.gram_rows, rare)
            shared = np.bincount(rows, found.spread(weights, rare), minlength=len(segment))
            scores[first : first + len(segment)] = shared
        sharing = np.flatnonzero((scores > 0) & permitted)
        cosines = self._as_cosines(scores[sharing], self._counts[sharing], weights)
        return best_rows(sharing, cosines, k, self._snapshot.ties)

    @staticmethod
    def _as_cosines(shared: F32, counts: I32, weights: F32) -> F32:
        """float32 [m]: the weight shared with m rows of so many n-grams each, over the geometric mean of both
        sides' weight, a row's n-grams taken to weigh as the query's do.
        """
        sizes = counts * float(weights.mean())
        cosines: F32 = (shared / np.sqrt(sizes * float(weights.sum()))).astype(np.float32)
        return cosines
