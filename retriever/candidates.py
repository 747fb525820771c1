"""The lanes asked together: one fused list of candidates per fragment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from codesearch.core.protocols import CandidateLane, LaneHits
from codesearch.core.types import Fragment, Mask
from indexer.segments.snapshot import Snapshot
from retriever.fusion import fuse


class Retriever:
    """Runs every lane over a snapshot and fuses their rankings.

    Fingerprint hits are always candidates and come first: they need no vote.
    """

    def __init__(
        self, snapshot: Snapshot, lanes: Sequence[CandidateLane], weights: Mapping[str, float]
    ) -> None:
        self.snapshot = snapshot
        self._lanes = tuple(lanes)
        self._weights = dict(weights)

    def search(
        self, queries: Sequence[Fragment], k: int, allowed: Mask | None = None, depth: int | None = None
    ) -> list[LaneHits]:
        """At most ``k`` rows per query, best first.

        Args:
            queries: Fragments in any language.
            k: Rows wanted.
            allowed: bool [rows], rows that may be proposed; None for all that are live.
            depth: Rows asked of each lane, ``k`` when None.
        """
        found = {lane.name: lane.search(queries, depth or k, allowed) for lane in self._lanes}
        ties = self.snapshot.ties
        results = []
        for position in range(len(queries)):
            exact = found["fingerprint"][position].rows if "fingerprint" in found else np.empty(0, np.int64)
            rankings = {name: hits[position] for name, hits in found.items() if name != "fingerprint"}
            fused = fuse(rankings, self._weights, k, ties)
            others = ~np.isin(fused.rows, exact)
            rows = np.concatenate((exact, fused.rows[others]))[:k]
            scores = np.concatenate((np.full(len(exact), 1.0), fused.scores[others]))[:k]
            results.append(LaneHits(rows, scores.astype(np.float32)))
        return results
