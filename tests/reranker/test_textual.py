"""The fast textual evidence of audits says what the alignment says."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snippets import fragment, make_snapshot, numbered_fragment, real_fragments

from codesearch.core.types import Fragment, TokenKind
from indexer.segments.snapshot import Snapshot
from reranker.textual import TextComparison, TextualEvidence
from retriever.alignment import align

TEXTS = st.lists(st.integers(0, 7), max_size=60)
KINDS = st.sampled_from([TokenKind.OPERATOR, TokenKind.IDENTIFIER])


def assert_measures_as_aligned(snapshot: Snapshot, first: int, second: int) -> None:
    alignment = align(snapshot.fragment(first), snapshot.fragment(second))
    measured = TextComparison(snapshot).measure(first, second)
    assert measured == (alignment.similarity, alignment.agreement)


@given(TEXTS, TEXTS, KINDS)
def test_any_two_contents_measure_as_they_align(
    tmp_path_factory: pytest.TempPathFactory, first: list[int], second: list[int], kind: TokenKind
) -> None:
    made = [numbered_fragment(first, kind), numbered_fragment(second, kind)]
    snapshot = make_snapshot(tmp_path_factory.mktemp("index"), [[made[0]], [made[1]]])
    assert_measures_as_aligned(snapshot, 0, 1)
    assert_measures_as_aligned(snapshot, 1, 0)


def test_real_functions_measure_as_they_align_across_segments(tmp_path: Path) -> None:
    made = real_fragments()[:40]
    snapshot = make_snapshot(tmp_path, [made[:15], made[15:]])
    for row in range(0, len(snapshot) - 1, 3):
        assert_measures_as_aligned(snapshot, row, len(snapshot) - 1 - row)


def test_a_pair_too_large_for_one_table_measures_as_it_aligns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reranker.textual.LARGEST_TABLE", 100)
    monkeypatch.setattr("retriever.alignment.LARGEST_TABLE", 100)
    snapshot = make_snapshot(tmp_path, [real_fragments()[:2]])
    assert_measures_as_aligned(snapshot, 0, 1)


def test_more_contents_than_are_remembered_are_still_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reranker.textual._REMEMBERED", 2)
    snapshot = make_snapshot(tmp_path, [real_fragments()[:6]])
    comparison = TextComparison(snapshot)
    first = [comparison.measure(0, row) for row in range(1, 6)]
    assert [comparison.measure(row, 0) for row in range(1, 6)] == first


def _equal() -> list[Fragment]:
    code = "def f(first):\n    return [g(part, first) for part in first.parts()]\n"
    return [fragment(code), fragment(code.replace("part", "item"))]


def test_a_renamed_copy_is_similar_and_does_not_agree(tmp_path: Path) -> None:
    snapshot = make_snapshot(tmp_path, [_equal()])
    similarity, agreement = TextComparison(snapshot).measure(0, 1)
    assert similarity == 1.0
    assert 0.5 < agreement < 1.0


def test_strength_asks_for_common_names_and_common_shapes() -> None:
    assert TextualEvidence(1.0, 0.64, 1.0).strength == pytest.approx(0.8)
    assert TextualEvidence(1.0, 1.0, 0.0).strength == 0.0
