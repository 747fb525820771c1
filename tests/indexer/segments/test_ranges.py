"""Several segments of one run answer as one would."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from index_lab import Lab, function
from snippets import embedder, fragment

from codesearch.core.types import ContentKey
from indexer.segments.builder import Identity
from indexer.segments.ranges import key_ranges, segment_names
from indexer.segments.snapshot import Snapshot
from retriever.lanes import DenseLane, FingerprintLane, LexicalLane, NearMissLane

FILES = {
    f"m{n:02}.py": function(
        f"work_{n}", *[f"part_{n}_{step} = load(first, {step})" for step in range(n % 7 + 1)]
    )
    for n in range(60)
}

keys = st.tuples(st.binary(min_size=16, max_size=16).map(ContentKey), st.sampled_from(["go", "python"]))


@given(st.sets(keys, max_size=60), st.integers(1, 20))
def test_ranges_hold_every_content_once_in_order(contents: set[Identity], most: int) -> None:
    ordered = sorted(contents)
    ranges = key_ranges(ordered, most)
    assert [content for held in ranges for content in held] == ordered
    assert all(ranges)
    assert len(ranges) <= max(1, 2 * len(ordered) // most)
    if len(ordered) <= most:
        assert len(ranges) == bool(ordered)


def test_a_content_more_moves_no_other() -> None:
    ordered = sorted((ContentKey(bytes([n]) * 16), "go") for n in range(0, 200, 2))
    before = key_ranges(ordered, 30)
    added = (ContentKey(b"\x0b" * 16), "go")
    after = key_ranges(sorted([*ordered, added]), 30)
    assert [[content for content in held if content != added] for held in after] == before


def test_names_are_in_row_order() -> None:
    assert segment_names(7, 1) == ["00000007"]
    names = segment_names(7, 12)
    assert names == sorted(names)
    assert len(set(names)) == 12


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> tuple[Snapshot, Snapshot]:
    """The same corpus in one segment, and in several."""
    found = []
    for name, rows in (("one", 1 << 19), ("several", 16)):
        lab = Lab(tmp_path_factory.mktemp(name), segment_rows=rows).write(FILES)
        lab.index()
        found.append(lab.snapshot())
    one, several = found
    assert (len(one.segments), len(several.segments)) == (1, 4)
    return one, several


def test_rows_are_in_the_same_order(snapshots: tuple[Snapshot, Snapshot]) -> None:
    one, several = snapshots
    assert several.exact_keys.tolist() == one.exact_keys.tolist()
    for row in range(len(one)):
        assert several.fragment(row).tokens.hashes.tolist() == one.fragment(row).tokens.hashes.tolist()
        assert several.fragment(row).tokens.lines.tolist() == one.fragment(row).tokens.lines.tolist()


def test_every_lane_gives_the_same_scores(snapshots: tuple[Snapshot, Snapshot]) -> None:
    queries = [fragment(code) for code in FILES.values()]
    for lane in (FingerprintLane, NearMissLane, LexicalLane, lambda found: DenseLane(found, embedder(), 8)):
        first, second = (lane(snapshot).search(queries, 10) for snapshot in snapshots)
        for a, b in zip(first, second, strict=True):
            assert (a.rows.tolist(), a.scores.tolist()) == (b.rows.tolist(), b.scores.tolist())


def test_full_segments_of_a_large_index_are_not_merged_again(tmp_path: Path) -> None:
    lab = Lab(tmp_path, segment_rows=16, max_small_segments=2).write(FILES)
    lab.index()
    names = lab.segment_names()
    lab.write({"more.py": function("more", "return first * 31")}).index()
    assert lab.segment_names() == [*names, "00000002"]
