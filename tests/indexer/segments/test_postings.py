"""Inverted indexes: looking up what an index may lack."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from indexer.segments.postings import Lists, Postings, lexical_scores

pairs = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4)), max_size=30)


@given(pairs, st.lists(st.integers(0, 8), max_size=9), st.data())
def test_lists_hold_the_rows_of_the_values_that_are_used(
    held: list[tuple[int, int]], wanted: list[int], data: st.DataObject
) -> None:
    values, rows = (np.array([pair[side] for pair in held], np.int64) for side in (0, 1))
    postings = Postings.of(values.astype(np.uint64), rows)
    used = data.draw(st.lists(st.booleans(), min_size=len(wanted), max_size=len(wanted)))
    lists = Lists.of(np.array(wanted, np.uint64), postings.values, postings.starts)
    cells, owners = lists.cells(np.array(used, bool))
    found = list(zip(owners.tolist(), postings.rows[cells].tolist(), strict=True))
    assert found == [
        (position, row)
        for position, value in enumerate(wanted)
        if used[position]
        for row in sorted({row for other, row in held if other == value})
    ]
    assert lists.sizes.tolist() == [len({row for other, row in held if other == value}) for value in wanted]


def test_rare_terms_score_higher_than_common_ones() -> None:
    terms, rows = np.array([7, 9, 7, 7], np.uint64), np.array([0, 0, 1, 2])
    scores = lexical_scores(terms, rows, 3)
    of_first = scores.scores[scores.rows == 0]
    assert scores.terms.tolist() == [7, 9]
    assert of_first[1] > of_first[0] > 0


def test_documents_without_terms_score_nothing() -> None:
    scores = lexical_scores(np.array([5], np.uint64), np.array([1]), 3)
    assert scores.rows.tolist() == [1]
    assert len(lexical_scores(np.empty(0, np.uint64), np.empty(0, np.int64), 3).scores) == 0
