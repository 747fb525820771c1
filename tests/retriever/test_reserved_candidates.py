"""What only one lane finds stays a candidate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from snippets import fragment, make_snapshot, real_fragments

from codesearch.core.protocols import LaneHits
from codesearch.core.types import Fragment, Mask
from retriever.candidates import Retriever

K = 12


class FixedLane:
    """A lane with one answer to everything."""

    def __init__(self, name: str, rows: Sequence[int]) -> None:
        self.name = name
        self._hits = LaneHits(np.array(rows), np.linspace(1, 0.5, len(rows), dtype=np.float32))

    def search(self, queries: Sequence[Fragment], k: int, allowed: Mask | None = None) -> list[LaneHits]:
        """The same rows for every query."""
        return [self._hits] * len(queries)


def test_the_best_of_a_light_lane_are_candidates_beside_those_of_a_heavy_one(tmp_path: Path) -> None:
    snapshot = make_snapshot(tmp_path, [real_fragments()])
    lanes = [FixedLane("dense", range(K)), FixedLane("near_miss", [40, 41, 42, 43, 44, 45])]
    found = Retriever(snapshot, lanes, {"near_miss": 0.01}).search([fragment("a = b(c)\n")], K)[0]
    assert len(found.rows) == K
    assert found.rows[:8].tolist() == list(range(8))
    assert set(found.rows[8:].tolist()) == {40, 41, 42, 43}
    assert (np.diff(found.scores) <= 0).all()
