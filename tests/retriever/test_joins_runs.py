"""Shared runs: a block that stands in two contents which are otherwise different."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from audit_trees import steps
from hypothesis import given
from hypothesis import strategies as st
from snippets import fragment, make_snapshot, numbered_fragment

from codesearch.core.types import Fragment
from indexer.segments.snapshot import Snapshot
from retriever.joins.contents import Contents, without_run_order
from retriever.joins.runs import MOST_PLACES, Run, shared_runs

LEAST = 50


def noise(rng: random.Random, length: int) -> list[int]:
    """Tokens that stand nowhere else."""
    return [rng.randrange(1000, 1 << 40) for _ in range(length)]


def runs_in(snapshot: Snapshot) -> list[Run]:
    return shared_runs(Contents(snapshot, np.arange(len(snapshot))), LEAST)


def texts_of(snapshot: Snapshot, run: Run) -> list[list[int]]:
    """The tokens of a run on both sides."""
    sides = (run.left, run.first), (run.right, run.second)
    tokens = (snapshot.fragment(row).tokens.cut(first, first + run.length) for row, first in sides)
    return [found.hashes.tolist() for found in tokens]


@given(st.integers(0, 1 << 30), st.integers(50, 120), st.lists(st.integers(0, 80), min_size=4, max_size=4))
def test_a_run_inside_two_contents_is_found_in_its_full_length(
    tmp_path_factory: pytest.TempPathFactory, seed: int, length: int, around: list[int]
) -> None:
    rng = random.Random(seed)  # noqa: S311
    planted = noise(rng, length)
    texts = [[*noise(rng, a), *planted, *noise(rng, b)] for a, b in (around[:2], around[2:])]
    snapshot = make_snapshot(tmp_path_factory.mktemp("index"), [map(numbered_fragment, texts)])
    if len(snapshot) == 2:  # with nothing around both are one content
        [run] = runs_in(snapshot)
        assert run.length == length
        assert texts_of(snapshot, run)[0] == numbered_fragment(planted).tokens.hashes.tolist()


@given(st.lists(st.lists(st.integers(0, 3), min_size=60, max_size=150), min_size=2, max_size=4))
def test_runs_are_equal_on_both_sides_maximal_and_never_overlap_themselves(
    tmp_path_factory: pytest.TempPathFactory, texts: list[list[int]]
) -> None:
    snapshot = make_snapshot(tmp_path_factory.mktemp("index"), [map(numbered_fragment, texts + texts[:1])])
    for run in runs_in(snapshot):
        ours, theirs = texts_of(snapshot, run)
        assert ours == theirs
        assert run.length == len(ours) >= LEAST
        assert run.left != run.right or run.first + run.length <= run.second
        wider = Run(run.left, run.first - 1, run.right, run.second - 1, run.length + 2)
        sides = [len(snapshot.fragment(row).tokens) for row in (run.left, run.right)]
        if min(wider.first, wider.second) >= 0:
            before = [side[0] for side in texts_of(snapshot, wider)]
            assert before[0] != before[1]
        if run.first + run.length < sides[0] and run.second + run.length < sides[1]:
            after = [side[-1] for side in texts_of(snapshot, Run(*_step(run)))]
            assert after[0] != after[1]


def _step(run: Run) -> tuple[int, int, int, int, int]:
    """A run with one more token at its end."""
    return run.left, run.first, run.right, run.second, run.length + 1


def test_a_block_that_stands_twice_in_one_content_is_a_run_of_it_with_itself(tmp_path: Path) -> None:
    rng = random.Random(4)  # noqa: S311
    planted = noise(rng, 70)
    snapshot = make_snapshot(tmp_path, [[numbered_fragment([*planted, *noise(rng, 9), *planted])]])
    assert runs_in(snapshot) == [Run(0, 0, 0, 79, 70)]


def test_a_table_that_repeats_itself_is_no_run(tmp_path: Path) -> None:
    rng = random.Random(6)  # noqa: S311
    table = [1, 2, 3, 2] * 40
    texts = [[*noise(rng, 30), *table, *noise(rng, 30)] for _ in range(2)]
    assert runs_in(make_snapshot(tmp_path, [map(numbered_fragment, texts)])) == []


def test_a_ladder_is_a_run_where_it_is_copied_to_the_letter_only(tmp_path: Path) -> None:
    def function(own: str, rungs: str) -> Fragment:
        ladder = [f"    if {rungs}_{at}:\n        found.append({rungs}_{at})\n" for at in range(16)]
        ladder[8] += "    while found.pop() not in [*found]:\n        found = found or None\n"
        return fragment(f"def {own}():\n{steps(own, 9)}{''.join(ladder)}{steps(own[::-1], 9)}")

    copied = make_snapshot(tmp_path / "copied", [[function("alpha", "part"), function("gamma", "part")]])
    alike = make_snapshot(tmp_path / "alike", [[function("alpha", "part"), function("gamma", "item")]])
    [run] = runs_in(copied)
    assert run.length >= 16 * 9
    assert runs_in(alike) == []


def test_places_of_one_block_are_linked_in_a_line_and_boilerplate_not_at_all(tmp_path: Path) -> None:
    rng = random.Random(7)  # noqa: S311
    planted = noise(rng, 60)
    for count in (MOST_PLACES, MOST_PLACES + 1):
        texts = [[*noise(rng, 30), *planted, *noise(rng, 30)] for _ in range(count)]
        runs = runs_in(make_snapshot(tmp_path / f"{count}", [map(numbered_fragment, texts)]))
        linked = sorted((run.left, run.right) for run in runs)
        assert linked == (list(pairwise(range(count))) if count <= MOST_PLACES else [])


def test_runs_do_not_depend_on_how_the_index_came_about(tmp_path: Path) -> None:
    rng = random.Random(8)  # noqa: S311
    blocks = [noise(rng, 60 + 9 * step) for step in range(5)]
    texts = [
        [*noise(rng, 20), *rng.choice(blocks), *noise(rng, 20), *rng.choice(blocks), *noise(rng, 20)]
        for _ in range(25)
    ]
    made = [numbered_fragment(text) for text in texts]
    found = []
    for name, parts in (("once", [made]), ("twice", [made[9:], made[:9]])):
        snapshot = make_snapshot(tmp_path / name, parts)
        contents = Contents(snapshot, without_run_order(snapshot, np.arange(len(snapshot))))
        found.append(
            [
                (snapshot.identity(contents.rows[run.left]), run.first, run.second, run.length)
                for run in shared_runs(contents, LEAST)
            ]
        )
    assert found[0] == found[1]
    assert len(found[0]) > 10


def test_an_empty_index_has_no_runs(tmp_path: Path) -> None:
    assert runs_in(make_snapshot(tmp_path, [])) == []
