"""Inverted indexes: looking up what an index may lack."""

from __future__ import annotations

from itertools import chain

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from indexer.normal.subtokens import SubTokens
from indexer.segments.postings import LexicalScores, Lists, Postings, lexical_scores

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


def scores_of(*documents: list[int]) -> LexicalScores:
    """Scores of contents whose tokens 0 to 9 are one term each."""
    parts = SubTokens(np.arange(11), np.arange(10, dtype=np.uint64))
    starts = np.concatenate(([0], np.cumsum([len(document) for document in documents])))
    return lexical_scores(parts, np.array(list(chain(*documents)), np.uint32), starts.astype(np.int64))


def test_rare_terms_score_higher_than_common_ones() -> None:
    scores = scores_of([7, 9], [7], [7])
    of_first = scores.scores[scores.rows == 0]
    assert np.diff(scores.starts)[[7, 9]].tolist() == [3, 1]
    assert of_first[1] > of_first[0] > 0


def test_documents_without_terms_score_nothing() -> None:
    assert scores_of([], [5], []).rows.tolist() == [1]
    nothing = SubTokens(np.zeros(1, np.int64), np.empty(0, np.uint64))
    assert len(lexical_scores(nothing, np.empty(0, np.uint32), np.zeros(3, np.int64)).scores) == 0
