"""Exact lookup: contents with the same T1 key, then those with the same T2 key."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codesearch.core.protocols import LaneHits
from codesearch.core.types import I64, Fragment, Mask
from indexer.segments.segment import prefixes, rows_with_key
from indexer.segments.snapshot import Snapshot
from retriever.ranking import NO_HITS, best_rows

EXACT_SCORE = 1.0
RENAMED_SCORE = 0.5


class FingerprintLane:
    """Scores 1.0 for Type-1, 0.5 for Type-2; no model is asked and nothing else is proposed."""

    name = "fingerprint"

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._prefixes = prefixes(snapshot.renamed_keys)
        self._order = np.argsort(self._prefixes, kind="stable")
        self._ascending = self._prefixes[self._order]

    def search(self, queries: Sequence[Fragment], k: int, allowed: Mask | None = None) -> list[LaneHits]:
        """At most ``k`` rows per query, Type-1 before Type-2."""
        permitted = self._snapshot.live if allowed is None else allowed & self._snapshot.live
        return [self._lookup(query, k, permitted) for query in queries]

    def _lookup(self, query: Fragment, k: int, permitted: Mask) -> LaneHits:
        renamed = rows_with_key(self._order, self._ascending, self._snapshot.renamed_keys, query.renamed_key)
        exact = self._exact_rows(query)
        if not (len(renamed) or len(exact)):
            return NO_HITS
        rows = np.union1d(renamed, exact).astype(np.int64)
        rows = rows[permitted[rows]]
        scores = np.where(np.isin(rows, exact), EXACT_SCORE, RENAMED_SCORE).astype(np.float32)
        return best_rows(rows, scores, k, self._snapshot.ties)

    def _exact_rows(self, query: Fragment) -> I64:
        rows = [
            first + rows_with_key(None, segment.key_prefixes, segment.arrays.exact, query.exact_key)
            for segment, first in self._snapshot.parts()
        ]
        return np.concatenate(rows) if rows else np.empty(0, np.int64)
