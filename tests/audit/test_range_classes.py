"""Ranges of tokens grow to classes whose members all match the first one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from codesearch.audit.classes.ranges import Range, group_ranges
from retriever.joins.runs import Run


def places(classes: list[list[Range]]) -> list[list[tuple[int, int, int]]]:
    return [sorted((found.position, found.first, found.last) for found in members) for members in classes]


def always(_: Run) -> bool:
    return True


def test_runs_that_shift_do_not_drift_away_from_the_first_range() -> None:
    runs = [Run(at, 15 * at, at + 1, 15 * at, 100) for at in range(7)]
    assert places(group_ranges(runs, always)) == [
        [(0, 0, 100), (1, 0, 100), (2, 15, 115)],
        [(3, 45, 145), (4, 45, 145), (5, 60, 160)],
        [(6, 90, 190), (7, 90, 190)],
    ]


def test_one_block_in_many_contents_is_one_class_wherever_it_stands() -> None:
    starts = [3, 40, 0, 17, 90]
    runs = [Run(at, starts[at], at + 1, starts[at + 1], 80) for at in (2, 0, 3, 1)]
    assert places(group_ranges(runs, always)) == [
        [(at, start, start + 80) for at, start in enumerate(starts)]
    ]


def test_a_range_whose_tokens_are_not_those_of_the_first_stays_out() -> None:
    runs = [Run(0, 0, 1, 0, 90), Run(1, 5, 2, 7, 85), Run(1, 0, 3, 0, 80)]
    asked = []

    def is_copy(run: Run) -> bool:
        asked.append(run)
        return run.right != 2

    assert places(group_ranges(runs, is_copy)) == [[(0, 0, 90), (1, 0, 90), (3, 0, 80)]]
    assert Run(0, 5, 2, 7, 85) in asked  # the first range and the newcomer, token by token


def test_two_classes_become_one_only_when_all_of_the_later_match_the_first_range() -> None:
    pairs = [Run(0, 0, 1, 0, 100), Run(2, 0, 3, 0, 100)]
    link = Run(1, 0, 2, 0, 99)
    assert len(group_ranges([*pairs, link], always)) == 1
    assert len(group_ranges([*pairs, link], lambda run: {run.left, run.right} != {0, 3})) == 2


def test_a_block_twice_in_one_content_is_a_class() -> None:
    assert places(group_ranges([Run(0, 0, 0, 79, 70)], always)) == [[(0, 0, 70), (0, 79, 149)]]


RUNS = st.builds(
    Run,
    left=st.integers(0, 4),
    first=st.integers(0, 40),
    right=st.integers(5, 9),
    second=st.integers(0, 40),
    length=st.integers(50, 80),
)


@given(st.lists(RUNS, max_size=25))
def test_every_range_matches_the_first_one_of_its_class_and_is_in_no_other(runs: list[Run]) -> None:
    runs.sort(key=lambda run: -run.length)
    classes = group_ranges(runs, always)
    assert places(classes) == places(group_ranges(runs, always))
    for first, *others in classes:
        assert first.shift == 0
        assert others
        for found in others:
            assert first.is_same(found.first - found.shift, found.last - found.shift)
    found_places = [place for members in places(classes) for place in members]
    assert len(found_places) == len(set(found_places))
