from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from codesearch.evaluation.bootstrap import F64, mean_intervals


def interval(values: F64, groups: list[int]) -> tuple[float, float]:
    ends = mean_intervals(values[None], np.array(groups))
    assert ends is not None
    return float(ends[0, 0]), float(ends[0, 1])


def drawn_one_by_one(values: F64, groups: list[int], draws: int) -> list[float]:
    """The percentile interval as textbooks write it: whole groups drawn with replacement."""
    draw = np.random.default_rng(5)
    members = [np.flatnonzero(np.array(groups) == group) for group in sorted(set(groups))]
    means = []
    for _ in range(draws):
        chosen = [members[place] for place in draw.integers(0, len(members), len(members))]
        means.append(values[np.concatenate(chosen)].mean())
    ends: list[float] = np.percentile(means, [2.5, 97.5]).tolist()
    return ends


def test_the_interval_is_that_of_whole_groups_drawn_one_by_one() -> None:
    draw = np.random.default_rng(2)
    groups = np.repeat(np.arange(30), draw.integers(1, 9, 30)).tolist()
    values = draw.random(30)[groups] + draw.random(len(groups)) / 5
    assert interval(values, groups) == pytest.approx(drawn_one_by_one(values, groups, 4000), abs=0.01)


def test_more_queries_of_the_same_problems_do_not_narrow_it() -> None:
    values = np.array([0.1, 0.9, 0.4, 0.6])
    once = interval(values, [0, 1, 2, 3])
    assert interval(np.repeat(values, 50), [0] * 50 + [1] * 50 + [2] * 50 + [3] * 50) == pytest.approx(once)


def test_more_problems_narrow_it() -> None:
    values = np.random.default_rng(1).random(400)
    few, many = interval(values[:20], list(range(20))), interval(values, list(range(400)))
    assert many[1] - many[0] < (few[1] - few[0]) / 2


def test_one_problem_says_nothing_about_others() -> None:
    assert mean_intervals(np.ones((1, 3)), np.zeros(3, np.int64)) is None
    assert mean_intervals(np.ones((1, 0)), np.zeros(0, np.int64)) is None


def test_metrics_are_resampled_alike() -> None:
    values = np.random.default_rng(3).random((2, 12))
    groups = np.arange(12) % 5
    together = mean_intervals(values, groups)
    assert together is not None
    assert [list(row) for row in together] == [list(interval(row, groups.tolist())) for row in values]


@given(arrays(np.float64, 9, elements=st.floats(0, 1)), st.lists(st.integers(0, 4), min_size=9, max_size=9))
def test_the_ends_stay_between_the_smallest_and_the_largest_value(values: F64, groups: list[int]) -> None:
    if len(set(groups)) > 1:
        low, high = interval(values, groups)
        assert values.min() - 1e-9 <= low <= high <= values.max() + 1e-9
