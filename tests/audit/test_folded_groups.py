"""Which of several overlapping groups stays, and that one long part does not make every other one slow."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from codesearch.audit.classes.folding import SAME_LINES, folded
from codesearch.audit.classes.intervals import LineRanges
from codesearch.audit.classes.parts import Group, Part

SPANS = st.lists(st.tuples(st.integers(1, 80), st.integers(0, 80)), max_size=30)


def group(*places: tuple[int, int, int], whole: bool = True) -> Group:
    """Parts by file, first and last line."""
    return tuple(
        Part(100 * file + start, 0, 0, 50, file, start, end, whole) for file, start, end in sorted(places)
    )


def test_a_group_inside_a_larger_one_is_told_by_it() -> None:
    large = group((0, 1, 40), (1, 1, 40))
    assert folded([group((0, 5, 12), (1, 5, 12)), large]) == [large]


def test_a_group_with_a_further_place_stays() -> None:
    large, more = group((0, 1, 40), (1, 1, 40)), group((0, 5, 12), (1, 5, 12), (2, 5, 12))
    assert folded([more, large]) == [large, more]


def test_a_block_that_is_most_of_two_whole_members_is_told_by_them_though_it_begins_before() -> None:
    whole, block = group((0, 10, 30), (1, 10, 30)), group((0, 8, 28), (1, 8, 28), whole=False)
    assert folded([block, whole]) == [whole]


def test_two_parts_in_one_part_of_a_larger_group_are_no_part_of_it() -> None:
    large, twice = group((0, 1, 40), (1, 1, 40)), group((0, 2, 10), (0, 20, 28))
    assert folded([large, twice]) == [large, twice]


@given(SPANS, st.integers(1, 80), st.integers(0, 60))
def test_every_range_that_holds_enough_of_some_lines_is_near_them(
    spans: list[tuple[int, int]], first: int, length: int
) -> None:
    ranges: LineRanges[int] = LineRanges()
    for number, (start, more) in enumerate(spans):
        ranges.add(start, start + more, number)
    last = first + length
    least = max(1, int(SAME_LINES * (length + 1)))
    wanted = {
        number
        for number, (start, more) in enumerate(spans)
        if min(last, start + more) - max(first, start) + 1 >= least
    }
    assert wanted <= {number for _, _, number in ranges.near(first, last, least)}


def test_a_range_of_the_whole_file_does_not_bring_every_short_one_near() -> None:
    ranges: LineRanges[int] = LineRanges()
    ranges.add(1, 100_000, -1)
    starts = random.Random(1).sample(range(1, 100_000, 10), 5000)  # noqa: S311
    for number, start in enumerate(starts):
        ranges.add(start, start + 9, number)
    for start in starts[:200]:
        assert len(list(ranges.near(start, start + 9, 8))) <= 5
