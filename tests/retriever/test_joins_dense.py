"""The dense join proposes mutual neighbours that stand out, and nothing of what is alike at random."""

from __future__ import annotations

import numpy as np
import pytest

from codesearch.core.types import F64
from indexer.embedding.stored import Stored, as_stored
from retriever.joins.dense import NEAREST, Strata, dense_pairs

DIM = 64


def stored(rows: F64) -> Stored:
    """Rows of unit length as an index stores them."""
    return as_stored((rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))


def vectors(count: int, seed: int = 0) -> Stored:
    """Vectors of random direction."""
    return stored(np.random.default_rng(seed).normal(size=(count, DIM)))


def nearby(rows: Stored, seed: int = 1) -> Stored:
    """Vectors close to others."""
    return stored(rows + np.random.default_rng(seed).normal(0, 8, rows.shape))


def strata(count: int) -> Strata:
    return Strata.of(np.zeros(count, np.int64), np.full(count, 100))


def names(count: int) -> list[bytes]:
    return [f"{row:04}".encode() for row in range(count)]


def test_planted_neighbours_are_the_pairs() -> None:
    rows = vectors(300)
    rows = np.concatenate((rows, nearby(rows[:20])))
    pairs = dense_pairs(rows, strata(320), names(320))
    assert set(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)) == {
        (n, 300 + n) for n in range(20)
    }
    assert (np.diff(pairs.estimate) <= 0).all()


def test_each_of_a_pair_is_among_the_nearest_of_the_other() -> None:
    rows = vectors(255)
    rows = np.concatenate([rows, *(nearby(rows[:3], seed) for seed in range(15))])  # 3 crowds of 16
    pairs = dense_pairs(rows, strata(300), names(300))
    products = rows.astype(np.int64) @ rows.T.astype(np.int64)
    nearest = [set(np.argsort(-row)[: NEAREST + 1].tolist()) for row in products]  # itself among them
    assert len(pairs)
    for left, right in zip(pairs.left.tolist(), pairs.right.tolist(), strict=True):
        assert left < right
        assert right in nearest[left]
        assert left in nearest[right]


def test_where_everything_is_alike_nothing_stands_out() -> None:
    crowd = nearby(np.repeat(vectors(1), 200, axis=0))
    assert len(dense_pairs(crowd, strata(200), names(200))) == 0


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = vectors(700)
    rows = np.concatenate((rows, nearby(rows[:50])))
    ties = names(750)
    first = dense_pairs(rows, strata(750), ties)
    order = np.random.default_rng(3).permutation(750)
    second = dense_pairs(rows[order], strata(750), [ties[row] for row in order.tolist()])
    found = {
        frozenset((int(order[a]), int(order[b]))): estimate
        for a, b, estimate in zip(second.left, second.right, second.estimate.tolist(), strict=True)
    }
    expected = zip(first.left.tolist(), first.right.tolist(), first.estimate.tolist(), strict=True)
    assert found == {frozenset((a, b)): estimate for a, b, estimate in expected}
    assert len(found) >= 50


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_handful_of_rows_is_no_error(count: int) -> None:
    assert len(dense_pairs(vectors(count), strata(count), names(count))) <= 1
