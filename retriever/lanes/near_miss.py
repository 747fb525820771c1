"""Contents that share rare winnowed n-grams with a fragment: candidates for Type-3."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codesearch.core.protocols import LaneHits
from codesearch.core.types import F32, I64, U32, Fragment, Mask
from indexer.normal.keys import blind_tokens
from indexer.normal.winnow import winnow
from indexer.segments.postings import gather_rows
from indexer.segments.segment import Segment
from indexer.segments.snapshot import Snapshot
from retriever.ranking import NO_HITS, best_of

COMMON_SHARE = 0.02
"""An n-gram in more than this share of all contents is boilerplate and proposes nothing on its own..."""
COMMON_FLOOR = 500
"""...unless it is in fewer contents than this. The two bound the work of a query, whatever the corpus repeats."""


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
        found = [(_positions(segment, grams), segment, first) for segment, first in self._snapshot.parts()]
        frequency = np.zeros(len(grams), np.int64)
        for positions, segment, _ in found:
            frequency += np.where(positions >= 0, np.diff(segment.arrays.gram_starts)[positions], 0)
        rare = (frequency > 0) & (frequency <= max(COMMON_FLOOR, int(COMMON_SHARE * len(self._snapshot))))
        weights = np.log1p(len(self._snapshot) / np.maximum(frequency, 1)).astype(np.float32)
        if not rare.any():
            return NO_HITS
        scores = np.zeros(len(self._snapshot), np.float32)
        for positions, segment, first in found:
            used = rare & (positions >= 0)
            rows, owners = gather_rows(segment.arrays.gram_starts, segment.arrays.gram_rows, positions[used])
            scores[first : first + len(segment)] = np.bincount(
                rows, weights[used][owners], minlength=len(segment)
            )
        return best_of(self._as_cosine(scores, weights), k, self._snapshot.key_prefixes, permitted)

    def _as_cosine(self, shared: F32, weights: F32) -> F32:
        """Divide by the geometric mean of both sides' weight, a row's n-grams taken to weigh as the query's do."""
        sizes = np.maximum(self._counts, 1) * float(weights.mean())
        return (shared / np.sqrt(sizes * float(weights.sum()))).astype(np.float32)


def _positions(segment: Segment, grams: U32) -> I64:
    """Position of each n-gram in a segment's postings, -1 where it has none."""
    known = segment.arrays.gram_hashes
    if not len(known):
        return np.full(len(grams), -1)
    positions = np.minimum(np.searchsorted(known, grams), len(known) - 1)
    return np.where(known[positions] == grams, positions, -1)
