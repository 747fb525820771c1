"""A join finds the same pairs into however many parts it is cut, though other processes do the parts."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from snippets import make_snapshot, numbered_fragment

from codesearch.core.workers import HERE, Answer, Common, Part, cut_evenly
from retriever.joins.contents import Contents, without_run_order
from retriever.joins.dense import Strata, dense_pairs
from retriever.joins.equal import first_equal
from retriever.joins.grams import RowGrams, pairs_of_rare
from retriever.joins.near_miss import near_miss_pairs
from retriever.joins.runs import shared_runs
from retriever.joins.sketches import sketch_contents

PARTS = (1, 2, 3, 7)


class Elsewhere:
    """Does one part after the other with what another process would get of it."""

    def __init__(self, parts: int) -> None:
        self.parts = parts

    def map(
        self, function: Callable[[Common, Part], Answer], common: Common, parts: Iterable[Part]
    ) -> Iterator[Answer]:
        for part in parts:
            yield pickle.loads(pickle.dumps(function))(*pickle.loads(pickle.dumps((common, part))))  # noqa: S301


def texts(seed: int) -> list[list[int]]:
    """Near copies, blocks that stand in several texts, and texts without kin."""
    rng = random.Random(seed)  # noqa: S311
    blocks = [[rng.randrange(400) for _ in range(rng.randrange(50, 90))] for _ in range(4)]
    found = []
    for _ in range(12):
        base = [rng.randrange(60) for _ in range(rng.randrange(40, 160))]
        found.append(base)
        for _ in range(rng.randrange(5)):
            copy = list(base)
            for _ in range(rng.randrange(1, 8)):
                copy[rng.randrange(len(copy))] = rng.randrange(60)
            found.append(copy)
        found.append([*base[:20], *rng.choice(blocks), *[rng.randrange(400) for _ in range(30)]])
    return list({tuple(text): text for text in found}.values())


@pytest.fixture(scope="module", params=range(3))
def contents(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Contents:
    made = [numbered_fragment(text) for text in texts(request.param)]
    snapshot = make_snapshot(tmp_path_factory.mktemp("index"), [made[:9], made[9:]])
    return Contents(snapshot, without_run_order(snapshot, np.arange(len(snapshot))))


@pytest.mark.parametrize("parts", PARTS)
def test_near_misses_are_the_same_pairs_with_the_same_estimates(contents: Contents, parts: int) -> None:
    def found(workers: Elsewhere | None) -> Sequence[object]:
        work = workers or HERE
        pairs = near_miss_pairs(sketch_contents(contents, work), 0.36, work)
        return [column.tolist() for column in (pairs.left, pairs.right, pairs.estimate)]

    assert found(Elsewhere(parts)) == found(None)
    assert len(found(None)[0]) > 20  # type: ignore[arg-type]


@pytest.mark.parametrize("parts", PARTS)
def test_shared_runs_are_the_same_in_the_same_order(contents: Contents, parts: int) -> None:
    whole = shared_runs(contents, 50)
    assert shared_runs(contents, 50, Elsewhere(parts)) == whole
    assert len(whole) > 10


@given(
    st.lists(st.sets(st.integers(0, (1 << 32) - 1), max_size=30), min_size=1, max_size=12),
    st.integers(2, 4),
    st.sampled_from(PARTS),
    st.integers(0, 9),
)
def test_what_is_rare_is_known_over_all_parts(
    sets: list[set[int]], most: int, parts: int, common: int
) -> None:
    sets = [found | set(range(common)) for found in sets]  # in as many contents as there are
    values = [np.array(sorted(found), np.uint32) for found in sets]
    grams = RowGrams(np.cumsum([0, *map(len, sets)]), np.concatenate(values))
    assert (
        pairs_of_rare(grams, most, 0.1, Elsewhere(parts)).tolist() == pairs_of_rare(grams, most, 0.1).tolist()
    )


@given(st.integers(0, 40), st.integers(1, 12))
def test_work_is_cut_into_parts_that_hold_every_item_once(count: int, parts: int) -> None:
    ranges = cut_evenly(count, parts)
    assert [item for first, last in ranges for item in range(first, last)] == list(range(count))
    assert len(ranges) <= parts
    sizes = [last - first for first, last in ranges]
    assert max(sizes) - min(sizes) <= 1


def test_an_empty_index_joins_to_nothing_in_any_number_of_parts(tmp_path: Path) -> None:
    contents = Contents(make_snapshot(tmp_path, []), np.empty(0, np.int64))
    for parts in PARTS:
        workers = Elsewhere(parts)
        assert len(near_miss_pairs(sketch_contents(contents, workers), 0.36, workers)) == 0
        assert shared_runs(contents, 50, workers) == []


@given(st.lists(st.lists(st.sampled_from([0, 1, 128, 255]), min_size=3, max_size=3)), st.sampled_from(PARTS))
def test_equal_keys_are_one_wherever_they_are_looked_up(texts: list[list[int]], parts: int) -> None:
    keys = np.array(texts, np.uint8).reshape(-1, 3)
    assert first_equal(keys, Elsewhere(parts)).tolist() == [texts.index(text) for text in texts]


@given(st.integers(0, 1 << 30), st.integers(0, 60), st.sampled_from(PARTS))
def test_neighbours_among_embeddings_are_the_same_pairs(seed: int, count: int, parts: int) -> None:
    rng = np.random.default_rng(seed)
    centres = rng.integers(-40, 40, (8, 64))
    rows = np.clip(centres[rng.integers(0, 8, count)] + rng.integers(-3, 4, (count, 64)), -127, 127)
    stored = np.repeat(rows.astype(np.int8), 2, axis=0)  # equal ones too
    strata = Strata.of(rng.integers(0, 2, 2 * count), rng.integers(50, 300, 2 * count))
    names = [f"{row:04}".encode() for row in range(2 * count)]
    whole, cut = (dense_pairs(stored, strata, names, workers) for workers in (HERE, Elsewhere(parts)))
    for ours, theirs in zip(astuple(whole), astuple(cut), strict=True):
        assert ours.tolist() == theirs.tolist()
