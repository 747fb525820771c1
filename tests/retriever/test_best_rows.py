"""Cutting a ranking: ties at the edge are decided by content."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from codesearch.core.protocols import LaneHits
from retriever.fusion import RRF_K, fuse
from retriever.ranking import best_rows

levels = st.lists(st.integers(0, 3), min_size=1, max_size=20)


@given(levels, st.integers(1, 25), st.randoms(use_true_random=False))
def test_the_best_rows_are_the_head_of_the_full_order(scores: list[int], k: int, random: Random) -> None:
    ties = np.array(random.sample(range(100), len(scores)), np.uint64)
    expected = sorted(range(len(scores)), key=lambda row: (-scores[row], ties[row]))[:k]
    rows = np.array(random.sample(range(len(scores)), len(scores)))
    found = best_rows(rows, np.array(scores, np.float32)[rows], k, ties)
    assert found.rows.tolist() == expected


def hits(*rows: int) -> LaneHits:
    return LaneHits(np.array(rows, np.int64), np.linspace(1, 0.5, len(rows)).astype(np.float32))


TIES = np.arange(10, dtype=np.uint64)


def test_a_row_of_two_lanes_beats_the_first_of_one() -> None:
    fused = fuse({"lexical": hits(1, 5), "dense": hits(2, 5)}, {}, 3, TIES)
    assert fused.rows.tolist() == [5, 1, 2]
    assert fused.scores[0] == np.float32(2 / (RRF_K + 2))


def test_weights_scale_a_lane() -> None:
    rankings = {"lexical": hits(1), "dense": hits(2)}
    assert fuse(rankings, {"dense": 3.0}, 2, TIES).rows.tolist() == [2, 1]
    assert fuse(rankings, {"lexical": 3.0}, 2, TIES).rows.tolist() == [1, 2]


def test_the_raw_scores_of_a_lane_do_not_matter() -> None:
    loud = LaneHits(np.array([4, 3]), np.array([900, 1], np.float32))
    quiet = LaneHits(np.array([4, 3]), np.array([0.2, 0.1], np.float32))
    assert np.array_equal(fuse({"a": loud}, {}, 2, TIES).scores, fuse({"a": quiet}, {}, 2, TIES).scores)


def test_no_hits_fuse_to_none() -> None:
    assert not len(fuse({}, {}, 5, TIES).rows)
    assert not len(fuse({"dense": hits()}, {}, 5, TIES).rows)
