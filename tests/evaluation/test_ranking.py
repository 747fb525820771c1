from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.evaluation.ranking import Labels, QueryScores, Scope, score_rankings


def by_definition(
    query: int,
    ranked: list[int],
    groups: list[int],
    languages: list[int],
    scope: Scope,
    depths: tuple[int, ...],
) -> tuple[float, float, list[float]] | None:
    """MAP@R, P@1 and recall@k of one query as the literature writes them; None with nothing relevant."""

    def inside(other: int) -> bool:
        same = languages[other] == languages[query]
        return other != query and (scope is Scope.ALL or same == (scope is Scope.SAME_LANGUAGE))

    relevant = {other for other in range(len(groups)) if inside(other) and groups[other] == groups[query]}
    if not relevant:
        return None
    kept = [other for other in ranked if other >= 0 and inside(other)]
    precisions = [
        sum(other in relevant for other in kept[: i + 1]) / (i + 1)
        for i in range(min(len(relevant), len(kept)))
        if kept[i] in relevant
    ]
    first = float(bool(kept) and kept[0] in relevant)
    recalls = [len(relevant & set(kept[:depth])) / len(relevant) for depth in depths]
    return sum(precisions) / len(relevant), first, recalls


@st.composite
def rankings(draw: st.DrawFn) -> tuple[list[int], list[int], list[list[int]]]:
    size = draw(st.integers(2, 12))
    groups = draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))
    languages = draw(st.lists(st.integers(0, 2), min_size=size, max_size=size))
    width = draw(st.integers(1, size))
    ranked = []
    for query in range(size):
        order = draw(st.permutations([row for row in range(size) if row != query or draw(st.booleans())]))
        cut = draw(st.integers(0, width))
        ranked.append((list(order)[:cut] + [-1] * width)[:width])
    return groups, languages, ranked


@given(rankings(), st.sampled_from(list(Scope)))
def test_scores_follow_the_definitions(
    case: tuple[list[int], list[int], list[list[int]]], scope: Scope
) -> None:
    groups, languages, ranked = case
    labels = Labels(np.array(groups), np.array(languages))
    got = score_rankings(np.arange(len(groups)), np.array(ranked), labels, scope, depths=(1, 3))
    expected = [by_definition(q, ranked[q], groups, languages, scope, (1, 3)) for q in range(len(groups))]
    counted = [score for score in expected if score is not None]
    assert got.without_relevant == len(expected) - len(counted)
    np.testing.assert_allclose(got.map_at_r, [score[0] for score in counted])
    np.testing.assert_allclose(got.p_at_1, [score[1] for score in counted])
    np.testing.assert_allclose(got.recall_at[1], [score[2][0] for score in counted])
    np.testing.assert_allclose(got.recall_at[3], [score[2][1] for score in counted])


@given(rankings())
def test_batches_join_to_the_whole(case: tuple[list[int], list[int], list[list[int]]]) -> None:
    groups, languages, ranked = case
    labels = Labels(np.array(groups), np.array(languages))
    queries, neighbours = np.arange(len(groups)), np.array(ranked)
    whole = score_rankings(queries, neighbours, labels)
    parts = [score_rankings(queries[i : i + 1], neighbours[i : i + 1], labels) for i in range(len(groups))]
    joined = QueryScores.join(parts)
    assert joined.means() == pytest.approx(whole.means())
    assert joined.without_relevant == whole.without_relevant


def test_perfect_and_hopeless_rankings_are_the_ends_of_the_scale() -> None:
    labels = Labels.of(["a", "a", "b", "b"], ["java"] * 4)
    queries = np.arange(4)
    perfect = score_rankings(queries, np.array([[1, 2, 3], [0, 2, 3], [3, 0, 1], [2, 0, 1]]), labels)
    hopeless = score_rankings(queries, np.array([[2, 3, 1], [2, 3, 0], [0, 1, 3], [0, 1, 2]]), labels)
    assert perfect.means() == {"map_at_r": 1.0, "p_at_1": 1.0, "recall_at_10": 1.0, "recall_at_100": 1.0}
    assert hopeless.means() == {"map_at_r": 0.0, "p_at_1": 0.0, "recall_at_10": 1.0, "recall_at_100": 1.0}


def test_without_any_relevant_fragment_there_is_no_score() -> None:
    labels = Labels.of(["a", "b"], ["java", "java"])
    scores = score_rankings(np.arange(2), np.array([[1], [0]]), labels)
    assert scores.without_relevant == 2
    assert set(scores.means().values()) == {None}


def test_the_query_itself_never_counts() -> None:
    labels = Labels.of(["a", "a", "b"], ["java"] * 3)
    scores = score_rankings(np.array([0]), np.array([[0, 1, 2]]), labels)
    assert scores.means()["p_at_1"] == 1.0


def test_cross_language_ranks_skip_the_querys_own_language() -> None:
    labels = Labels.of(["a", "a", "a"], ["java", "java", "go"])
    scores = score_rankings(np.array([0]), np.array([[1, 2]]), labels, Scope.CROSS_LANGUAGE)
    assert scores.means()["p_at_1"] == 1.0
