from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.evaluation.bands import BandRecall, recall_by_type
from codesearch.evaluation.datasets import LabelledPair


def pair(a: str, b: str, kind: str = "ST3", label: bool = True) -> LabelledPair:
    return LabelledPair(a, b, label, kind, "", None)


def test_a_family_copied_often_has_one_voice_in_macro_recall() -> None:
    family = [pair(f"a{i}", f"b{i}") for i in range(9)]
    groups = {f"a{i}": "A" for i in range(9)} | {f"b{i}": "B" for i in range(9)} | {"c": "C", "d": "D"}
    result = recall_by_type([*family, pair("c", "d")], [True] * 9 + [False], groups)
    assert result == {"ST3": BandRecall(pairs=10, recall=0.9, cluster_pairs=2, macro_recall=0.5)}


def test_a_cluster_pair_has_no_direction() -> None:
    groups = {"a": "A", "b": "B", "c": "A"}
    result = recall_by_type([pair("a", "b"), pair("b", "c")], [True, False], groups)
    assert result["ST3"].cluster_pairs == 1


def test_negatives_and_untyped_pairs_do_not_count_and_types_come_in_order() -> None:
    pairs = [
        pair("a", "b", "MT3"),
        pair("a", "b", "T1"),
        pair("a", "b", "T2", label=False),
        pair("a", "b", ""),
    ]
    result = recall_by_type(pairs, [True] * 4, {"a": "A", "b": "B"})
    assert list(result) == ["T1", "MT3"]


def test_every_pair_needs_an_answer() -> None:
    with pytest.raises(ValueError, match="zip"):
        recall_by_type([pair("a", "b")], [], {"a": "A", "b": "B"})


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.booleans()), min_size=1, max_size=30))
def test_macro_recall_follows_its_definition(rows: list[tuple[int, int, bool]]) -> None:
    groups = {str(i): f"g{i % 3}" for i in range(6)}
    result = recall_by_type([pair(str(a), str(b)) for a, b, _ in rows], [hit for *_, hit in rows], groups)
    clusters = {frozenset((a % 3, b % 3)) for a, b, _ in rows}
    shares = []
    for cluster in clusters:
        hits = [hit for a, b, hit in rows if frozenset((a % 3, b % 3)) == cluster]
        shares.append(sum(hits) / len(hits))
    assert result["ST3"].macro_recall == pytest.approx(sum(shares) / len(shares))
    assert result["ST3"].recall == pytest.approx(sum(hit for *_, hit in rows) / len(rows))
