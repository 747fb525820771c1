"""The contract of :class:`codesearch.core.protocols.CandidateLane`, over every lane."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest
from snippets import embedder, fragment, make_snapshot, numbered_fragment, real_fragments

from codesearch.core.protocols import CandidateLane, LaneHits
from codesearch.core.types import Fragment
from indexer.segments.snapshot import Snapshot
from retriever.lanes import DenseLane, FingerprintLane, LexicalLane, NearMissLane

LANES: list[Callable[[Snapshot], CandidateLane]] = [
    FingerprintLane,
    NearMissLane,
    LexicalLane,
    partial(DenseLane, embedder=embedder()),
]
every_lane = pytest.mark.parametrize("lane", LANES, ids=["fingerprint", "near_miss", "lexical", "dense"])
Lane = Callable[[Snapshot], CandidateLane]

PARTS = real_fragments()
QUERIES = PARTS[::9]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return make_snapshot(tmp_path_factory.mktemp("whole"), [PARTS], embedder())


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The same contents, shuffled, in five segments of unequal size."""
    parts = list(PARTS)
    Random(3).shuffle(parts)  # noqa: S311 - any order, the same every time
    edges = [0, 1, 4, 20, 40, len(parts)]
    groups = [parts[a:b] for a, b in pairwise(edges)]
    return make_snapshot(tmp_path_factory.mktemp("split"), groups, embedder())


def contents(snapshot: Snapshot, hits: LaneHits) -> list[bytes]:
    return [snapshot.identity(row)[0] for row in hits.rows.tolist()]


@every_lane
def test_a_fragment_of_the_index_finds_itself_first(lane: Lane, whole: Snapshot) -> None:
    hits = lane(whole).search(QUERIES, 5)
    found = [contents(whole, hit)[0] for hit in hits]
    assert found == [query.exact_key for query in QUERIES]


@every_lane
def test_hits_are_distinct_and_best_first(lane: Lane, whole: Snapshot) -> None:
    for hit in lane(whole).search(QUERIES, 20):
        assert len(hit.rows) == len(hit.scores) == len(set(hit.rows.tolist())) <= 20
        assert (np.diff(hit.scores) <= 0).all()
        assert [array.dtype.name for array in (hit.rows, hit.scores)] == ["int64", "float32"]


@every_lane
def test_fewer_wanted_are_the_first_of_more(lane: Lane, whole: Snapshot) -> None:
    some, more = lane(whole).search(QUERIES, 3), lane(whole).search(QUERIES, 30)
    for few, many in zip(some, more, strict=True):
        assert few.rows.tolist() == many.rows[:3].tolist()


@every_lane
def test_only_allowed_rows_are_proposed(lane: Lane, split: Snapshot) -> None:
    allowed = np.arange(len(split)) % 3 == 0
    for hit in lane(split).search(QUERIES, 50, allowed):
        assert allowed[hit.rows].all()
    assert all(not len(hit.rows) for hit in lane(split).search(QUERIES, 50, np.zeros(len(split), bool)))


@every_lane
def test_a_filter_only_leaves_hits_out(lane: Lane, split: Snapshot) -> None:
    allowed = np.arange(len(split)) % 2 == 0
    filtered = lane(split).search(QUERIES, len(split), allowed)
    for kept, everything in zip(filtered, lane(split).search(QUERIES, len(split)), strict=True):
        assert kept.rows.tolist() == [row for row in everything.rows.tolist() if allowed[row]]


@every_lane
def test_tombstones_are_never_proposed(lane: Lane, tmp_path: Path) -> None:
    gone = {query.exact_key for query in QUERIES}
    snapshot = make_snapshot(tmp_path, [PARTS], embedder(), dead=lambda part: part.exact_key in gone)
    everything = np.ones(len(snapshot), bool)
    for allowed in (None, everything):
        hits = lane(snapshot).search(QUERIES, 50, allowed)
        assert all(gone.isdisjoint(contents(snapshot, hit)) for hit in hits)


@every_lane
def test_a_query_does_not_see_the_others_of_its_batch(lane: Lane, whole: Snapshot) -> None:
    together = lane(whole).search(QUERIES, 10)
    for query, expected in zip(QUERIES, together, strict=True):
        [alone] = lane(whole).search([query], 10)
        assert alone.rows.tolist() == expected.rows.tolist()
        assert alone.scores.tobytes() == expected.scores.tobytes()


@every_lane
def test_segments_do_not_change_what_is_found(lane: Lane, whole: Snapshot, split: Snapshot) -> None:
    shared = []
    for one, many in zip(lane(whole).search(QUERIES, 10), lane(split).search(QUERIES, 10), strict=True):
        ours = dict(zip(contents(whole, one), one.scores.tolist(), strict=True))
        theirs = dict(zip(contents(split, many), many.scores.tolist(), strict=True))
        shared.append(len(ours.keys() & theirs.keys()) / max(len(ours), 1))
        if lane is not LexicalLane:  # its length normalisation is each segment's own
            assert list(ours) == list(theirs)
            assert theirs == pytest.approx(ours, abs=1e-6)
    assert np.mean(shared) > 0.85 or not any(shared)


@every_lane
def test_ties_do_not_depend_on_the_order_of_segments(lane: Lane, tmp_path: Path) -> None:
    twins = [fragment(f"def f{n}(a, b):\n    return g(a, b) + h(a, b, {n})") for n in range(12)]
    orders = []
    for number, parts in enumerate((twins, twins[::-1])):
        snapshot = make_snapshot(tmp_path / str(number), [parts[:5], parts[5:]], embedder())
        [hit] = lane(snapshot).search([twins[0]], 6)
        levels = hit.scores.round(4)
        orders.append([(float(s), key) for s, key in zip(levels, contents(snapshot, hit), strict=True)])
    if lane is LexicalLane:
        orders = [[pair for pair in order if pair[0] == orders[0][0][0]] for order in orders]
    assert orders[0] == orders[1]


@every_lane
@pytest.mark.parametrize("poor", ["1", "(1, 2, 3, 4, 5, 6, 7, 8, 9)", "f(a)"])
def test_segments_without_fingerprints_or_terms_are_searched(lane: Lane, poor: str, tmp_path: Path) -> None:
    snapshot = make_snapshot(tmp_path, [PARTS[:3], [fragment(poor)]], embedder())
    [first, second] = lane(snapshot).search([PARTS[0], fragment(poor)], 4)
    assert contents(snapshot, first)[0] == PARTS[0].exact_key
    assert not len(second.rows) or contents(snapshot, second)[0] == fragment(poor).exact_key


@every_lane
def test_a_query_without_tokens_finds_nothing_like_it(lane: Lane, whole: Snapshot) -> None:
    [hit] = lane(whole).search([numbered_fragment([])], 5)
    assert not (hit.scores > 0).any()


@every_lane
def test_no_queries_and_no_index_give_no_hits(lane: Lane, whole: Snapshot, tmp_path: Path) -> None:
    assert lane(whole).search([], 5) == []
    nothing: list[list[Fragment]] = []
    [hit] = lane(make_snapshot(tmp_path, nothing, embedder())).search([PARTS[0]], 5)
    assert not len(hit.rows)
