"""Alignment: which tokens of two fragments correspond, in order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from snippets import JAVA_COPY, PYTHON_MEDIAN, fragment, numbered_fragment, real_fragments

from codesearch.core.types import Fragment
from retriever import alignment
from retriever.alignment import SHORTEST_RUN, Alignment, Rename, align

runs = st.lists(st.integers(0, 5), max_size=60)
of_real = st.sampled_from(real_fragments())


def check(found: Alignment, query: Fragment, match: Fragment) -> None:
    assert len(found.query_positions) == len(found.match_positions)
    assert (np.diff(found.query_positions) > 0).all()
    assert (np.diff(found.match_positions) > 0).all()
    assert 0 <= found.agreement <= found.similarity <= 1
    if len(found.query_positions):
        assert found.query_positions[-1] < len(query.tokens)
        assert found.match_positions[-1] < len(match.tokens)


@given(runs, runs)
def test_positions_increase_and_name_equal_tokens(ours: list[int], theirs: list[int]) -> None:
    query, match = numbered_fragment(ours), numbered_fragment(theirs)
    found = align(query, match)
    check(found, query, match)
    assert [ours[n] for n in found.query_positions] == [theirs[n] for n in found.match_positions]
    assert found.similarity == found.agreement


@given(of_real, of_real)
def test_real_fragments_align_the_same_in_both_directions(first: Fragment, second: Fragment) -> None:
    forth, back = align(first, second), align(second, first)
    check(forth, first, second)
    assert (forth.similarity, forth.agreement) == (back.similarity, back.agreement)
    assert np.array_equal(forth.query_positions, back.match_positions)
    assert np.array_equal(forth.match_positions, back.query_positions)


@given(of_real)
def test_a_fragment_aligns_with_itself_completely(part: Fragment) -> None:
    found = align(part, part)
    assert found.similarity == found.agreement == 1
    assert found.renames() == []


@given(of_real, of_real)
def test_no_run_is_shorter_than_what_any_two_pieces_of_code_share(first: Fragment, second: Fragment) -> None:
    found = align(first, second)
    together = (np.diff(found.query_positions) == 1) & (np.diff(found.match_positions) == 1)
    lengths = np.diff(np.flatnonzero(np.concatenate(([True], ~together, [True]))))
    assert not len(found.query_positions) or lengths.min() >= SHORTEST_RUN


def test_inserted_statements_leave_the_rest_aligned() -> None:
    longer = JAVA_COPY.replace(
        "    while", "    if (count == 0 || closed) {\n        return;\n    }\n    while"
    )
    query, match = fragment(JAVA_COPY, "java"), fragment(longer, "java")
    found = align(query, match)
    assert len(found.query_positions) == len(query.tokens)
    assert found.agreement == len(query.tokens) / len(match.tokens)


def test_renames_are_told_most_frequent_first() -> None:
    renamed = JAVA_COPY.replace("count", "length").replace("copy(", "transfer(")
    found = align(fragment(JAVA_COPY, "java"), fragment(renamed, "java"))
    assert found.similarity == 1
    assert found.renames() == [Rename("count", "length", 4), Rename("copy", "transfer", 1)]


def test_renames_ignore_changed_literals() -> None:
    found = align(fragment(JAVA_COPY, "java"), fragment(JAVA_COPY.replace("4096", "512"), "java"))
    assert found.renames() == []
    assert found.agreement < found.similarity == 1


def test_unrelated_code_hardly_agrees() -> None:
    found = align(fragment(JAVA_COPY, "java"), fragment(PYTHON_MEDIAN))
    assert found.agreement < 0.1


def test_nothing_aligns_with_nothing() -> None:
    for match in (numbered_fragment([]), fragment(PYTHON_MEDIAN)):
        found = align(numbered_fragment([]), match)
        assert (found.similarity, found.agreement, len(found.query_positions)) == (0, 0, 0)


@given(of_real, of_real)
def test_huge_fragments_are_aligned_line_by_line(first: Fragment, second: Fragment) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alignment, "LARGEST_TABLE", 0)
        found = align(first, second)
        check(found, first, second)
        assert align(first, first).similarity > 0.9
        assert align(second, first).similarity == found.similarity
    assert found.similarity <= align(first, second).similarity + 0.3


def test_a_fragment_of_fifty_thousand_tokens_is_aligned() -> None:
    code = "".join(f"        x{n} = f(x{n - 1}, {n}) + y\n" for n in range(5000))
    query = fragment("def f(x, y):\n    if x:\n" + code)
    match = fragment("def g(x, y):\n    if x:\n" + code.replace("x7 =", "print(x7); x7 ="))
    assert len(query.tokens) > 49_000
    assert align(query, match).agreement > 0.99
