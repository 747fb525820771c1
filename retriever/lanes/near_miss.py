"""Contents that share rare winnowed n-grams with a fragment: candidates for Type-3."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codesearch.core.protocols import LaneHits
from codesearch.core.types import F32, Fragment, Mask
from indexer.normal.keys import blind_tokens
from indexer.normal.winnow import winnow
from indexer.segments.postings import Lists
from indexer.segments.snapshot import Snapshot
from retriever.ranking import NO_HITS, best_of

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
            cells, owners = found.cells(rare)
            rows = segment.arrays.gram_rows[cells]
            scores[first : first + len(segment)] = np.bincount(rows, weights[owners], minlength=len(segment))
        return best_of(self._as_cosine(scores, weights), k, self._snapshot.ties, permitted)

    def _as_cosine(self, shared: F32, weights: F32) -> F32:
        """Divide by the geometric mean of both sides' weight, a row's n-grams taken to weigh as the
        query's do.
        """
        sizes = np.maximum(self._counts, 1) * float(weights.mean())
        return (shared / np.sqrt(sizes * float(weights.sum()))).astype(np.float32)
