"""Which pieces fit a budget."""

from __future__ import annotations

from context_cases import PLENTY, count_words
from hypothesis import given
from hypothesis import strategies as st

from codesearch.core.judge import ContextItem, ContextKind
from reranker.judge.context.fitting import fit, in_turns


def piece(kind: ContextKind, words: int, number: int = 0) -> ContextItem:
    return ContextItem(kind, "Title", "word " * words, f"{kind}{number}")


pieces = st.lists(
    st.builds(piece, st.sampled_from(list(ContextKind)), st.integers(0, 300), st.integers(0, 9)), max_size=20
)


@given(pieces, st.integers(0, 3000))
def test_what_is_kept_fits_and_what_is_cut_is_counted(items: list[ContextItem], limit: int) -> None:
    found = fit(items, limit, count_words)
    assert sum(count_words(f"{item.title}\n{item.body}") for item in found.items) <= limit
    assert len(found.items) + sum(found.cut.values()) == len(items)
    assert all(found.cut.values())


@given(pieces)
def test_a_budget_that_is_large_enough_cuts_nothing(items: list[ContextItem]) -> None:
    assert len(fit(items, PLENTY, count_words).items) == len(items)


@given(pieces, st.integers(0, 3000))
def test_the_same_pieces_fit_every_time(items: list[ContextItem], limit: int) -> None:
    assert fit(items, limit, count_words) == fit(items, limit, count_words)


@given(pieces)
def test_each_kind_gets_its_first_piece_before_any_gets_its_third(items: list[ContextItem]) -> None:
    kinds = [item.kind for item in in_turns(items)]
    third = min((n for n, kind in enumerate(kinds) if kinds[:n].count(kind) == 2), default=len(kinds))
    assert set(kinds[:third]) == set(kinds)


@given(pieces)
def test_the_pieces_of_a_kind_keep_their_order(items: list[ContextItem]) -> None:
    for kind in ContextKind:
        ranked = [item for item in in_turns(items) if item.kind is kind]
        assert ranked == [item for item in items if item.kind is kind]


def test_a_small_piece_still_fits_behind_one_that_was_cut() -> None:
    items = [piece(ContextKind.PRECEDENT, 500, 1), piece(ContextKind.PRECEDENT, 5, 2)]
    found = fit(items, 100, count_words)
    assert [item.source for item in found.items] == ["precedent2"]
    assert found.cut == {ContextKind.PRECEDENT: 1}
