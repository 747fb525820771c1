"""N-grams, sketches and blocks, from which joins tell what contents have in common."""

from __future__ import annotations

import random
import tracemalloc
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from snippets import make_snapshot, numbered_fragment

from codesearch.core.types import U8
from indexer.normal.keys import blind_tokens
from indexer.normal.winnow import GRAM, WINDOW, winnow
from retriever.joins.contents import Contents, without_run_order
from retriever.joins.grams import RowGrams, pairs_of_rare
from retriever.joins.pairs import unpack_pairs
from retriever.joins.sketches import (
    TokenHistograms,
    common_tokens,
    minhash,
    resemblance,
    sketch_contents,
)


def grams_of(*sets: set[int]) -> RowGrams:
    values = [np.array(sorted(found), np.uint32) for found in sets]
    starts = np.cumsum([0, *map(len, sets)])
    return RowGrams(starts, np.concatenate(values) if values else np.empty(0, np.uint32))


@given(st.lists(st.sets(st.integers(0, 60)), min_size=1, max_size=6))
def test_the_ngrams_two_contents_share_are_those_in_both_sets(sets: list[set[int]]) -> None:
    left, right = np.triu_indices(len(sets))
    shared = grams_of(*sets).shared(left, right)
    assert shared.tolist() == [len(sets[a] & sets[b]) for a, b in zip(left, right, strict=True)]
    alone = [grams_of(*sets).overlap_of(*pair) for pair in zip(left.tolist(), right.tolist(), strict=True)]
    assert grams_of(*sets).overlap(left, right).tolist() == alone


@given(
    st.lists(st.sets(st.integers(0, 30)), min_size=1, max_size=12),
    st.integers(2, 6),
    st.sampled_from([0.1, 0.5]),
    st.integers(1, 40),
)
def test_pairs_that_share_rare_ngrams_are_those_that_comparing_every_pair_finds(
    sets: list[set[int]], most: int, share: float, at_a_time: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("retriever.joins.grams._MOST_PAIRS", at_a_time)
        left, right = unpack_pairs(pairs_of_rare(grams_of(*sets), most, share))
    rare = {gram for gram in range(31) if sum(gram in found for found in sets) <= most}
    wanted = [
        (a, b)
        for a, b in combinations(range(len(sets)), 2)
        if 0 < len(rare & sets[a] & sets[b]) >= share * max(len(rare & sets[a]), len(rare & sets[b]))
    ]
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == wanted


def test_pairs_are_made_a_part_at_a_time_though_most_have_an_early_left_side(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("retriever.joins.grams._MOST_PAIRS", 1 << 14)
    family = [set(range(400)) for _ in range(60)]  # 700,000 pairs with repeats, all among the first contents
    grams = grams_of(*family, *({1000 + number} for number in range(3000)))
    tracemalloc.start()
    try:
        pairs = pairs_of_rare(grams, 60, 0.1)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(pairs) == 60 * 59 // 2
    assert peak < 700_000 * 8  # less than one array of all of them


def histograms(contents: Contents) -> U8:
    """Of all contents."""
    collected = TokenHistograms(len(contents))
    for block in contents.blocks():
        collected.add(block)
    return collected.values


def test_resemblance_is_close_to_the_share_of_common_ngrams() -> None:
    rng = random.Random(5)  # noqa: S311
    sets, true = [], []
    for common in range(0, 200, 4):
        shared = rng.sample(range(1 << 32), common)
        pair = [set(shared + rng.sample(range(1 << 32), 200 - common)) for _ in range(2)]
        sets += pair
        true.append(len(pair[0] & pair[1]) / len(pair[0] | pair[1]))
    left = np.arange(0, len(sets), 2)
    estimate = resemblance(minhash(grams_of(*sets)), left, left + 1)
    errors = np.abs(estimate - true)
    assert errors.mean() < 0.05
    assert errors.max() < 0.2


@given(st.lists(st.lists(st.integers(0, 9), max_size=40), min_size=2, max_size=5))
def test_histograms_never_deny_a_common_token(
    tmp_path_factory: pytest.TempPathFactory, texts: list[list[int]]
) -> None:
    snapshot = make_snapshot(tmp_path_factory.mktemp("index"), [map(numbered_fragment, texts)])
    contents = Contents(snapshot, np.arange(len(snapshot)))
    left, right = np.triu_indices(len(contents), 1)
    bound = common_tokens(histograms(contents), left, right)
    tokens = [snapshot.fragment(row).tokens.hashes.tolist() for row in range(len(snapshot))]
    for most, a, b in zip(bound.tolist(), left.tolist(), right.tolist(), strict=True):
        assert most >= sum(min(tokens[a].count(token), tokens[b].count(token)) for token in set(tokens[a]))


def test_a_bin_that_is_full_bounds_nothing(tmp_path: Path) -> None:
    snapshot = make_snapshot(tmp_path, [[numbered_fragment([1] * n) for n in (300, 400)]])
    contents = Contents(snapshot, np.arange(2))
    [bound] = common_tokens(histograms(contents), np.array([0]), np.array([1]))
    assert bound >= 300


def test_ngrams_of_a_join_are_those_of_single_contents(tmp_path: Path) -> None:
    rng = random.Random(1)  # noqa: S311
    texts = [[rng.randrange(30) for _ in range(rng.randrange(WINDOW + GRAM, 90))] for _ in range(20)]
    made = [numbered_fragment(text) for text in texts]
    contents = Contents(snapshot := make_snapshot(tmp_path, [made[:7], made[7:]]), np.arange(20)[::-1])
    grams = sketch_contents(contents).grams
    for position, row in enumerate(contents.rows.tolist()):
        own = grams.values[grams.starts[position] : grams.starts[position + 1]]
        assert own.tolist() == winnow(blind_tokens(snapshot.fragment(row).tokens)).tolist()


def test_blocks_hold_every_content_once_in_any_order_and_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retriever.joins.contents.BLOCK_TOKENS", 25)
    made = [numbered_fragment(range(start, start + 3 + start % 40)) for start in range(0, 90, 5)]
    snapshot = make_snapshot(tmp_path, [made[:5], [], made[5:]])
    contents = Contents(snapshot, np.random.default_rng(2).permutation(len(snapshot)))
    found, position = [], 0
    for block in contents.blocks():
        assert block.first == position
        found += np.split(block.named, block.starts[1:-1])
        assert block.owners.tolist() == sorted(block.owners.tolist())
        position += len(block.starts) - 1
    wanted = [snapshot.fragment(row).tokens.hashes for row in contents.rows.tolist()]
    assert [row.tolist() for row in found] == [row.tolist() for row in wanted]
    assert contents.sizes.tolist() == list(map(len, wanted))


def test_contents_come_in_one_order_whichever_run_added_them(tmp_path: Path) -> None:
    made = [numbered_fragment(range(start, start + 9)) for start in range(12)]
    once = make_snapshot(tmp_path / "once", [made])
    twice = make_snapshot(tmp_path / "twice", [made[8:], made[:8]])
    names = [
        [snapshot.identity(row) for row in without_run_order(snapshot, np.arange(12)).tolist()]
        for snapshot in (once, twice)
    ]
    assert names[0] == names[1]


def test_an_empty_index_joins_to_nothing(tmp_path: Path) -> None:
    contents = Contents(make_snapshot(tmp_path, []), np.empty(0, np.int64))
    grams = sketch_contents(contents).grams
    assert (len(contents), len(contents.sizes), len(grams.counts)) == (0, 0, 0)
