"""Classes from pairs: nobody joins who is like one member only, and no class asks about all its pairs."""

from __future__ import annotations

import random
from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from codesearch.audit.classes.grouping import WITNESSES, group_contents

Pair = tuple[int, int]
EDGES = st.sets(st.tuples(st.integers(0, 14), st.integers(0, 14)).filter(lambda pair: pair[0] < pair[1]))


class Judge:
    """Says which pairs are clones, and counts how often it is asked."""

    def __init__(self, clones: set[Pair] | None = None) -> None:
        self.clones = clones
        self.asked = 0

    def __call__(self, first: int, second: int) -> bool:
        self.asked += 1
        return self.clones is None or (min(first, second), max(first, second)) in self.clones


def test_a_chain_of_neighbours_is_cut_before_its_ends_are_strangers() -> None:
    chain = set(pairwise(range(60)))
    classes = group_contents(sorted(chain), Judge(chain))
    assert max(map(len, classes)) <= 3


def test_a_newcomer_that_is_like_one_of_three_stays_out() -> None:
    clones = {(0, 1), (0, 2), (1, 2), (2, 3)}
    assert group_contents(sorted(clones), Judge(clones)) == [[0, 1, 2]]


def test_members_that_are_all_alike_are_one_class_whatever_the_order_of_their_pairs() -> None:
    every = list(combinations(range(9), 2))
    for seed in range(20):
        pairs = random.Random(seed).sample(every, len(every))  # noqa: S311
        assert group_contents(pairs, Judge()) == [list(range(9))]


def test_two_classes_that_one_pair_links_stay_two() -> None:
    clones = {*combinations(range(5), 2), *combinations(range(5, 10), 2), (4, 5)}
    pairs = [*sorted(clones - {(4, 5)}), (4, 5)]
    assert group_contents(pairs, Judge(clones)) == [list(range(5)), list(range(5, 10))]


def test_two_halves_of_one_class_become_one() -> None:
    pairs = [*pairwise(range(8)), *pairwise(range(8, 16)), (3, 12)]
    assert group_contents(pairs, Judge()) == [list(range(16))]


def test_a_candidate_that_is_no_clone_makes_no_class() -> None:
    assert group_contents([(0, 1), (2, 3)], Judge({(2, 3)})) == [[2, 3]]


@given(EDGES, st.randoms(use_true_random=False))
def test_a_content_is_in_one_class_at_most_and_each_has_a_clone_in_its_own(
    clones: set[Pair], rng: random.Random
) -> None:
    pairs = rng.sample(sorted(clones), len(clones))
    classes = group_contents(pairs, Judge(clones))
    members = [content for found in classes for content in found]
    assert len(members) == len(set(members))
    assert classes == sorted(map(sorted, classes)) == group_contents(pairs, Judge(clones))
    for found in classes:
        assert len(found) > 1
        for content in found:
            assert any((min(content, other), max(content, other)) in clones for other in found)


def test_a_thousand_near_copies_ask_a_number_of_questions_that_grows_with_them() -> None:
    count = 1000
    rng = random.Random(1)  # noqa: S311
    pairs = {(left, rng.randrange(left + 1, count)) for left in range(count - 1) for _ in range(16)}
    judge = Judge()
    [members] = group_contents(rng.sample(sorted(pairs), len(pairs)), judge)
    assert len(members) == count
    assert judge.asked <= 2 * (WITNESSES**2 + 1) * count
