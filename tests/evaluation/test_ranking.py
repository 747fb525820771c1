from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.evaluation.metrics import average_precision
from codesearch.evaluation.ranking import (
    CANDIDATES,
    Labels,
    QueryScores,
    Scope,
    ScoredPairs,
    candidate_pairs,
    score_rankings,
)


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


@given(rankings(), st.sampled_from(list(Scope)))
def test_average_precision_is_that_of_all_candidates_pooled(
    case: tuple[list[int], list[int], list[list[int]]], scope: Scope
) -> None:
    groups, languages, ranked = case
    labels = Labels(np.array(groups), np.array(languages))
    queries, neighbours = np.arange(len(groups)), np.array(ranked)
    scores = np.random.default_rng(len(groups)).random(neighbours.shape, np.float32)
    got = candidate_pairs(queries, neighbours, scores, labels, scope)
    halves = [
        candidate_pairs(queries[part], neighbours[part], scores[part], labels, scope)
        for part in (slice(0, 1), slice(1, None))
    ]
    pooled = [
        (float(scores[query, place]), groups[other] == groups[query])
        for query in queries.tolist()
        if labels.relevant(np.array([query]), scope)[0]
        for place, other in enumerate(ranked[query])
        if other >= 0 and other != query
        if scope is Scope.ALL or (languages[other] == languages[query]) == (scope is Scope.SAME_LANGUAGE)
    ]
    expected = average_precision([score for score, _ in pooled], [hit for _, hit in pooled])
    assert got.average_precision == pytest.approx(expected)
    assert ScoredPairs.join(halves).average_precision == pytest.approx(expected)


def test_candidates_are_the_first_twenty_of_a_scope() -> None:
    labels = Labels.of(["a"] * 2 + ["b"] * 30, ["java"] + ["java", "go"] * 15 + ["java"])
    late = np.array([[*range(2, 2 + CANDIDATES), 1]])
    scores = np.linspace(1, 0, late.shape[1], dtype=np.float32)[None]
    query = np.array([0])
    everywhere = candidate_pairs(query, late, scores, labels)
    assert (len(everywhere.scores), everywhere.average_precision) == (CANDIDATES, None)
    assert score_rankings(query, late, labels).means()["map_at_20"] == 0
    same = candidate_pairs(query, late, scores, labels, Scope.SAME_LANGUAGE)
    assert same.average_precision == 1 / (CANDIDATES // 2 + 1)
    ranked = score_rankings(query, late, labels, Scope.SAME_LANGUAGE)
    assert ranked.means()["map_at_20"] == same.average_precision


def test_scores_that_mean_another_thing_for_each_query_cost_average_precision() -> None:
    labels = Labels.of(["a", "a", "b", "b"], ["java"] * 4)
    queries, neighbours = np.array([0, 2]), np.array([[1, 2], [3, 0]])
    fair, shifted = np.array([[0.9, 0.1], [0.8, 0.2]]), np.array([[0.9, 0.8], [0.3, 0.2]])
    good, bad = (
        candidate_pairs(queries, neighbours, scores.astype(np.float32), labels).average_precision
        for scores in (fair, shifted)
    )
    assert good == 1.0
    assert bad == pytest.approx((1 + 2 / 3) / 2)


def test_perfect_and_hopeless_rankings_are_the_ends_of_the_scale() -> None:
    labels = Labels.of(["a", "a", "b", "b"], ["java"] * 4)
    queries = np.arange(4)
    perfect = score_rankings(queries, np.array([[1, 2, 3], [0, 2, 3], [3, 0, 1], [2, 0, 1]]), labels)
    hopeless = score_rankings(queries, np.array([[2, 3, 1], [2, 3, 0], [0, 1, 3], [0, 1, 2]]), labels)
    found_all = {"recall_at_10": 1.0, "recall_at_100": 1.0}
    assert perfect.means() == {"map_at_r": 1.0, "p_at_1": 1.0, "map_at_20": 1.0, **found_all}
    last = {"map_at_20": pytest.approx(1 / 3)}
    assert hopeless.means() == {"map_at_r": 0.0, "p_at_1": 0.0, **last, **found_all}


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
