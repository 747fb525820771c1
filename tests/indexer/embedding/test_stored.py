"""Stored vectors: small, close to what the model said, and never anything but numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from codesearch.core.errors import EnvironmentFailure
from codesearch.core.types import F32
from indexer.embedding.stored import Stored, as_stored, as_vectors, row_cosines

DIM = 256
stored_rows = arrays(np.int8, st.tuples(st.integers(1, 8), st.just(24)), elements=st.integers(-127, 127))


def unit_rows(rows: int = 400, seed: int = 3) -> F32:
    """Unit vectors around a few centres, so that some are near each other."""
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(20, DIM))[random.integers(0, 20, rows)] + random.normal(size=(rows, DIM))
    unit: F32 = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


def test_a_stored_row_points_where_the_vector_does() -> None:
    vectors = unit_rows()
    rows = as_stored(vectors)
    assert rows.dtype == np.int8
    assert np.linalg.norm(as_vectors(rows) - vectors, axis=1).max() < 0.02


def test_cosines_of_stored_rows_are_those_of_the_vectors() -> None:
    vectors = unit_rows()
    rows = as_stored(vectors)
    cosines = np.stack([row_cosines(rows, row) for row in rows])
    assert cosines.dtype == np.float32
    assert np.abs(cosines - vectors @ vectors.T).max() < 0.01


def test_large_entries_are_cut_and_keep_their_sign() -> None:
    assert as_stored(np.array([[0.6, -0.8, 0.0]], np.float32)).tolist() == [[127, -127, 0]]


@given(stored_rows)
def test_a_row_is_its_own_likeness_unless_it_is_zero(rows: Stored) -> None:
    assert row_cosines(rows, rows).tolist() == rows.any(axis=1).astype(float).tolist()
    assert row_cosines(rows, np.zeros_like(rows[0])).tolist() == [0.0] * len(rows)


@given(stored_rows)
def test_a_cosine_depends_on_its_two_rows_alone(rows: Stored) -> None:
    together = row_cosines(rows, rows[0])
    assert (np.abs(together) <= 1).all()
    assert together.tolist() == [float(row_cosines(rows[0], row)) for row in rows]
    assert together.tolist() == row_cosines(rows, np.repeat(rows[:1], len(rows), axis=0)).tolist()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_model_that_gives_no_numbers_is_named(value: float) -> None:
    vectors = unit_rows(3)
    vectors[1, 2] = value
    with pytest.raises(EnvironmentFailure, match="model odd-1 gave a vector that is not finite"):
        as_stored(vectors, "odd-1")
    with pytest.raises(EnvironmentFailure, match="a model gave a vector that is not finite"):
        as_stored(vectors)


def test_no_rows_have_no_cosines() -> None:
    none = np.empty((0, DIM), np.int8)
    assert row_cosines(none, none).shape == row_cosines(none, np.ones(DIM, np.int8)).shape == (0,)
    assert as_stored(np.empty((0, DIM), np.float32)).shape == (0, DIM)
