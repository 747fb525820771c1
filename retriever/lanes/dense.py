"""Nearest neighbours of a fragment's embedding: candidates for Type-4 and other languages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codesearch.core.errors import IndexFailure
from codesearch.core.protocols import Embedder, LaneHits
from codesearch.core.types import Fragment, Mask
from indexer.segments.snapshot import Snapshot
from indexer.vectors.choice import open_structure
from retriever.ranking import NO_HITS, best_rows


class DenseLane:
    """Scores are cosines; every segment's structure is asked and the answers merged.

    Raises:
        IndexFailure: A segment holds vectors of another model.
    """

    name = "dense"

    def __init__(self, snapshot: Snapshot, embedder: Embedder) -> None:
        self._snapshot = snapshot
        self._embedder = embedder
        self._structures = []
        for segment, first in snapshot.parts():
            if segment.entry.model != embedder.id:
                raise IndexFailure(
                    f"segment {segment.entry.name} has vectors of '{segment.entry.model or 'no model'}', "
                    f"not of '{embedder.id}'",
                    "run 'codesearch index' again to embed it anew",
                )
            self._structures.append((open_structure(segment, snapshot.trusted), first, len(segment)))

    def search(self, queries: Sequence[Fragment], k: int, allowed: Mask | None = None) -> list[LaneHits]:
        """At most ``k`` rows per query, best first."""
        if not queries or not self._structures:
            return [NO_HITS] * len(queries)
        permitted = self._snapshot.live if allowed is None else allowed & self._snapshot.live
        vectors = self._embedder.embed(queries)
        scores, rows = [], []
        for structure, first, size in self._structures:
            mask = permitted[first : first + size]
            found = structure.search(vectors, min(k, size), None if mask.all() else mask)
            scores.append(found[0])
            rows.append(np.where(found[1] < 0, -1, found[1] + first))
        all_scores, all_rows = np.concatenate(scores, axis=1), np.concatenate(rows, axis=1)
        ties = self._snapshot.ties
        return [
            best_rows(row[row >= 0], score[row >= 0], k, ties)
            for score, row in zip(all_scores, all_rows, strict=True)
        ]
