"""Trees as data: the answers of a pair choose a leaf of each, and nothing but the pair does."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.core.types import F32
from reranker.boosted import BoostedModel
from reranker.features import RERANKER_NAMES

WIDTH = len(RERANKER_NAMES)
DENSE = RERANKER_NAMES.index("dense")


def grown(trees: int, depth: int, seed: int) -> BoostedModel:
    """A model of random trees."""
    draw = np.random.default_rng(seed)
    return BoostedModel(
        -1.0,
        2.0,
        draw.integers(0, WIDTH, (trees, depth)),
        draw.random((trees, depth), np.float32),
        draw.normal(size=(trees, 1 << depth)).astype(np.float32),
    )


def pairs(count: int, seed: int = 1) -> F32:
    return np.random.default_rng(seed).random((count, WIDTH), np.float32)


def by_definition(model: BoostedModel, row: list[float]) -> float:
    """The probability of one pair, question by question."""
    margin = model.bias + model.slope * row[DENSE]
    for asked, thresholds, leaves in zip(model.asked, model.thresholds, model.leaves, strict=True):
        answers = [row[feature] >= threshold for feature, threshold in zip(asked, thresholds, strict=True)]
        margin += float(leaves[sum(1 << level for level, yes in enumerate(answers) if yes)])
    return 1 / (1 + math.exp(-margin))


@given(st.integers(1, 9), st.integers(1, 4), st.integers(0, 99))
def test_each_tree_gives_the_leaf_that_the_answers_lead_to(trees: int, depth: int, seed: int) -> None:
    model, features = grown(trees, depth, seed), pairs(7, seed)
    expected = [by_definition(model, row) for row in features.tolist()]
    np.testing.assert_allclose(model.probabilities(features), expected, atol=1e-5)


def test_a_pair_has_the_same_probability_in_every_batch() -> None:
    model, features = grown(300, 4, 0), pairs(64)
    whole = model.probabilities(features)
    for size in (1, 3, 20):
        parts = [model.probabilities(features[first : first + size]) for first in range(0, 64, size)]
        assert np.array_equal(np.concatenate(parts), whole)


def test_what_is_stored_reads_back_the_same() -> None:
    model, features = grown(30, 3, 2), pairs(9)
    assert np.array_equal(BoostedModel.of(model.plain()).margins(features), model.margins(features))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"thresholds": [[0.5]]}, "questions than thresholds"),
        ({"leaves": [[0.5, 1.0]]}, "number of leaves"),
        ({"asked": [[0, WIDTH], [0, 0]]}, "features that a pair has not"),
        ({"asked": [[0, -1], [0, 0]]}, "features that a pair has not"),
    ],
)
def test_trees_that_do_not_fit_are_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        BoostedModel.of(grown(2, 2, 0).plain() | changes)
