"""The lanes asked together: one fused list of candidates per fragment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from codesearch.core.protocols import CandidateLane, Embedder, LaneHits
from codesearch.core.types import I64, Fragment, Mask
from indexer.segments.snapshot import Snapshot
from indexer.vectors.choice import OpenStructure, open_structure
from retriever.fusion import fuse
from retriever.lanes import EXPANSION, DenseLane, FingerprintLane, LexicalLane, NearMissLane
from retriever.ranking import NO_HITS

RESERVED = 20
"""Best rows of each lane that are candidates whatever the others say. With its small weight in the fusion,
a near miss that no other lane finds would stand behind the hundredth neighbour of the dense lane."""


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
            exact = found["fingerprint"][position].rows if "fingerprint" in found else NO_HITS.rows
            rankings = {name: hits[position] for name, hits in found.items() if name != "fingerprint"}
            fused = _with_reserved(fuse(rankings, self._weights, len(self.snapshot), ties), rankings, k)
            results.append(_after_exact(exact, fused, k))
        return results


def _after_exact(exact: I64, fused: LaneHits, k: int) -> LaneHits:
    """At most ``k`` rows: those that need no vote, which score 1, then the others in fused order."""
    if not len(exact):
        return LaneHits(fused.rows[:k], fused.scores[:k])
    others = ~_among(fused.rows, exact)
    rows = np.concatenate((exact, fused.rows[others]))[:k]
    scores = np.concatenate((np.ones(len(exact), np.float32), fused.scores[others]))[:k]
    return LaneHits(rows, scores)


def _with_reserved(fused: LaneHits, rankings: Mapping[str, LaneHits], k: int) -> LaneHits:
    """The ``k`` best fused rows, the last of them giving way to the best rows of each lane; in fused
    order.
    """
    share = min(RESERVED, k // (len(rankings) + 1))
    best = np.concatenate([hits.rows[:share] for hits in rankings.values()] or [NO_HITS.rows])
    reserved = _among(fused.rows, best)
    reserved[np.flatnonzero(~reserved)[: max(k - int(reserved.sum()), 0)]] = True
    return LaneHits(fused.rows[reserved], fused.scores[reserved])


def _among(rows: I64, chosen: I64) -> Mask:
    """bool [m], the rows int64 [m] that are chosen; of some hundred rows, in a third of the time of numpy's
    ``isin``.
    """
    members = set(chosen.tolist())
    return np.fromiter((row in members for row in rows.tolist()), bool, len(rows))


def open_retriever(
    snapshot: Snapshot,
    embedder: Embedder | None,
    weights: Mapping[str, float],
    structures: OpenStructure = open_structure,
) -> Retriever:
    """The retriever of the product over a snapshot.

    Args:
        snapshot: What is searched.
        embedder: Of the snapshot's vectors; None where it has none, which leaves the dense lane out.
        weights: Share of each lane in the fusion, by name.
        structures: Opens the search structure of a segment.
    """
    lanes: list[CandidateLane] = [FingerprintLane(snapshot), NearMissLane(snapshot), LexicalLane(snapshot)]
    if embedder is not None and weights.get("dense", 1.0) > 0:
        lanes.append(DenseLane(snapshot, embedder, EXPANSION, structures))
    return Retriever(snapshot, lanes, weights)
