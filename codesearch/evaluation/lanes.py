"""The product's lanes over any snapshot, one at a time or fused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from codesearch.core.protocols import CandidateLane, Embedder, LaneHits
from codesearch.core.types import Fragment, Mask
from indexer.segments.snapshot import Snapshot
from retriever.candidates import RESERVED, open_retriever
from retriever.lanes import DenseLane, LexicalLane, NearMissLane

_RESERVED_IN_ALL = 3 * RESERVED  # of the lanes that are fused


class LaneName(StrEnum):
    """What can be measured: one lane, or all of them fused as ``query`` does it."""

    DENSE = "dense"
    LEXICAL = "lexical"
    NEAR_MISS = "near_miss"
    FUSED = "fused"


class FusedLane:
    """The retriever of the product behind the protocol of a lane; every lane is asked for as many rows."""

    name = "fused"

    def __init__(self, snapshot: Snapshot, embedder: Embedder, weights: Mapping[str, float]) -> None:
        self._retriever = open_retriever(snapshot, embedder, weights)

    def search(self, queries: Sequence[Fragment], k: int, allowed: Mask | None = None) -> list[LaneHits]:
        """At most ``k`` rows per query, best first.

        Places that are reserved for single lanes come on top: among the ``k`` they would stand where a
        ranking of all relevant rows still counts.
        """
        hits = self._retriever.search(queries, k + _RESERVED_IN_ALL, allowed)
        return [LaneHits(found.rows[:k], found.scores[:k]) for found in hits]


def open_lane(
    name: LaneName, snapshot: Snapshot, embedder: Embedder, weights: Mapping[str, float]
) -> CandidateLane:
    """The lane of a name; ``weights`` are the settings' ``retrieval.weights``."""
    match name:
        case LaneName.DENSE:
            return DenseLane(snapshot, embedder)
        case LaneName.LEXICAL:
            return LexicalLane(snapshot)
        case LaneName.NEAR_MISS:
            return NearMissLane(snapshot)
        case LaneName.FUSED:
            return FusedLane(snapshot, embedder, weights)
