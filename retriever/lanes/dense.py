"""Nearest neighbours of a fragment's embedding: candidates for Type-4 and other languages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codesearch.core.errors import IndexFailure
from codesearch.core.protocols import Embedder, LaneHits
from codesearch.core.types import F32, Fragment, Mask
from indexer.embedding.stored import as_stored, as_vectors
from indexer.embedding.unit import unit_rows
from indexer.segments.snapshot import Snapshot
from indexer.vectors.choice import OpenStructure, open_structure
from retriever.ranking import NO_HITS, best_rows

EXPANSION = 8
"""Nearest rows that pull a query towards them before it is asked again (alpha query expansion, Radenovic et
al. 2018): what is near to the clones of a fragment is found although the fragment is written unlike it.
On validation it raised MAP@R by .02 to .05 on AtCoder and Rosetta Code and moved P@1 by under .01."""

NEIGHBOURHOOD = 5
"""Rows near the fragment itself, in multiples of the rows wanted, that the expanded query is compared with.
Of the rows that it finds among all, .999 are there (functions of Python's library, 30 and 100 rows wanted),
and comparing all a second time cost a sixth of a search."""

_WIDEST = 1000  # rows; GPUs return 2,048 at most, filtered rows among them

STEEPNESS = 4.0
"""Power of a neighbour's cosine as its weight: at .8 it counts .4, at .4 next to nothing, so that a fragment
without clones stays where it is."""


class DenseLane:
    """Scores are cosines; every segment's structure is asked and the answers merged.

    Args:
        snapshot: What is searched.
        embedder: Of its vectors.
        expansion: Nearest rows that expand a query; 0 asks with the fragment alone.
        structures: Opens the search structure of a segment.

    Raises:
        IndexFailure: A segment holds vectors of another model.
    """

    name = "dense"

    def __init__(
        self,
        snapshot: Snapshot,
        embedder: Embedder,
        expansion: int = 0,
        structures: OpenStructure = open_structure,
    ) -> None:
        self._snapshot = snapshot
        self._expansion = expansion
        self._embedder = embedder
        self._structures = []
        for segment, first in snapshot.parts():
            if segment.entry.model != embedder.id:
                raise IndexFailure(
                    f"segment {segment.entry.name} has vectors of '{segment.entry.model or 'no model'}', "
                    f"not of '{embedder.id}'",
                    "run 'codesearch index' again to embed it anew",
                )
            self._structures.append((structures(segment, snapshot.trusted), first, len(segment)))

    def search(self, queries: Sequence[Fragment], k: int, allowed: Mask | None = None) -> list[LaneHits]:
        """At most ``k`` rows per query, best first by their cosine with it, or with the expanded query."""
        if not queries or not self._structures:
            return [NO_HITS] * len(queries)
        permitted = self._snapshot.live if allowed is None else allowed & self._snapshot.live
        vectors = self._embedder.embed(queries)
        if self._expansion:
            wide = max(k, self._expansion, min(NEIGHBOURHOOD * k, _WIDEST))
            near = self._nearest(vectors, wide, permitted)
            found = [self._expanded(vector, hits, k) for vector, hits in zip(vectors, near, strict=True)]
        else:
            found = self._nearest(vectors, k, permitted)
        # Nothing is like an empty fragment, whatever stands near its vector.
        return [hits if len(query.tokens) else NO_HITS for query, hits in zip(queries, found, strict=True)]

    def _expanded(self, vector: F32, near: LaneHits, k: int) -> LaneHits:
        """The ``k`` best of the rows near a query float32 [dim], by their cosine with the query moved towards
        the nearest of them, the nearer the more.
        """
        rows = as_vectors(self._snapshot.vectors(near.rows))
        weights = np.maximum(near.scores[: self._expansion], 0) ** STEEPNESS
        moved = np.stack([vector + weights @ rows[: self._expansion]]).astype(np.float32, copy=False)
        scores = rows @ as_vectors(as_stored(unit_rows(moved)))[0]  # of stored entries, so exact
        return best_rows(near.rows, scores, k, self._snapshot.ties)

    def _nearest(self, vectors: F32, k: int, permitted: Mask) -> list[LaneHits]:
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
