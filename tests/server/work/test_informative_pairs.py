from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from codesearch.core.types import F64
from codesearch.server.work.informative import most_informative, uncertainty

NOTHING = np.zeros(4)


def alike(*groups: set[int], count: int) -> F64:
    """Likeness of 1 within groups, 0 between them."""
    likeness = np.eye(count)
    for group in groups:
        for member in group:
            likeness[member, list(group)] = 1
    return likeness


def test_a_pair_at_one_half_is_more_uncertain_than_one_that_is_nearly_sure() -> None:
    p = np.array([0.5, 0.9, 0.01])
    told = uncertainty(p, p)
    assert told[0] == 1
    assert told[0] > told[1] > told[2] > 0


def test_disagreement_makes_a_pair_more_uncertain() -> None:
    before, after = np.array([0.5, 0.1]), np.array([0.5, 0.5])
    agreed, disputed = uncertainty(before, after)
    assert disputed > agreed


def test_the_most_uncertain_of_unrelated_pairs_comes_first() -> None:
    uncertain = np.array([0.2, 0.9, 0.5, 0.7])
    assert most_informative(uncertain, np.eye(4), NOTHING, 4) == [1, 3, 2, 0]


def test_one_that_stands_for_many_comes_before_a_lone_one() -> None:
    uncertain = np.array([0.9, 0.8, 0.8, 0.8])
    assert most_informative(uncertain, alike({1, 2, 3}, count=4), NOTHING, 1) == [1]


def test_near_identical_pairs_do_not_fill_the_list() -> None:
    uncertain = np.array([0.9, 0.9, 0.9, 0.3])
    assert set(most_informative(uncertain, alike({0, 1, 2}, count=4), NOTHING, 2)) == {0, 3}


def test_what_was_judged_already_stands_back() -> None:
    uncertain = np.array([0.9, 0.3, 0.2, 0.1])
    known = np.array([1.0, 0, 0, 0])
    assert most_informative(uncertain, np.eye(4), known, 4)[0] == 1


@given(st.integers(0, 12), st.integers(0, 15))
def test_every_pair_is_chosen_at_most_once(pairs: int, count: int) -> None:
    generator = np.random.default_rng(pairs * 31 + count)
    points = generator.random((pairs, 2))
    likeness = np.exp(-np.square(points[:, None] - points[None]).sum(axis=2))
    chosen = most_informative(generator.random(pairs), likeness, np.zeros(pairs), count)
    assert len(chosen) == len(set(chosen)) == min(pairs, count)
    assert all(0 <= n < pairs for n in chosen)
