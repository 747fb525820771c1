"""Inverted indexes: looking up what an index may lack."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.normal.subtokens import SubTokens
from indexer.segments import postings
from indexer.segments.postings import Lists, Postings, TermPostings, term_postings

pairs = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4)), max_size=30)


@given(pairs, st.lists(st.integers(0, 8), max_size=9), st.data())
def test_lists_hold_the_rows_of_the_values_that_are_used(
    held: list[tuple[int, int]], wanted: list[int], data: st.DataObject
) -> None:
    values, rows = (np.array([pair[side] for pair in held], np.int64) for side in (0, 1))
    postings = Postings.of(values.astype(np.uint64), rows)
    used = np.array(data.draw(st.lists(st.booleans(), min_size=len(wanted), max_size=len(wanted))), bool)
    lists = Lists.of(np.array(wanted, np.uint64), postings.values, postings.starts)
    owners = lists.spread(np.arange(len(wanted)), used)
    found = list(zip(owners.tolist(), lists.joined(postings.rows, used).tolist(), strict=True))
    assert found == [
        (position, row)
        for position, value in enumerate(wanted)
        if used[position]
        for row in sorted({row for other, row in held if other == value})
    ]
    assert lists.sizes.tolist() == [len({row for other, row in held if other == value}) for value in wanted]


def postings_of(*documents: list[int]) -> TermPostings:
    """Postings of contents whose tokens 0 to 9 are one term each."""
    parts = SubTokens(np.arange(11), np.arange(10, dtype=np.uint64))
    starts = np.concatenate(([0], np.cumsum([len(document) for document in documents])))
    return term_postings(parts, np.array(list(chain(*documents)), np.uint32), starts.astype(np.int64))


@given(st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=12), st.integers(1, 5))
def test_every_term_of_every_content_is_counted(documents: list[list[int]], block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postings, "_BLOCK_ROWS", block)
        found = postings_of(*documents)
    terms = np.repeat(found.terms, np.diff(found.starts)).tolist()
    counted = list(zip(terms, found.rows.tolist(), found.counts.tolist(), strict=True))
    assert counted == [
        (term, row, document.count(term))
        for term in range(10)
        for row, document in enumerate(documents)
        if term in document
    ]
    assert found.lengths.tolist() == [len(document) for document in documents]


def test_contents_without_terms_are_in_no_list() -> None:
    assert postings_of([], [5], []).rows.tolist() == [1]
    nothing = SubTokens(np.zeros(1, np.int64), np.empty(0, np.uint64))
    assert len(term_postings(nothing, np.empty(0, np.uint32), np.zeros(3, np.int64)).rows) == 0
