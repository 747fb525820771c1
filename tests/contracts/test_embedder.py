"""The contract of :class:`codesearch.core.protocols.Embedder`, over every implementation."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from snippets import embedder, fragment, numbered_fragment, real_fragments

from codesearch.core.protocols import Embedder
from indexer.embedding.registry import load_embedder
from indexer.embedding.remembering import RememberingEmbedder

IMPLEMENTATIONS = [
    pytest.param(embedder(), id="static"),
    pytest.param(load_embedder("hashed-ngrams-1"), id="hashed-ngrams"),
    pytest.param(RememberingEmbedder(embedder()), id="remembering"),
]
every_embedder = pytest.mark.parametrize("model", IMPLEMENTATIONS)


@every_embedder
def test_rows_are_float32_of_length_one(model: Embedder) -> None:
    vectors = model.embed(real_fragments())
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(real_fragments()), model.dim)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@every_embedder
@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(0, len(real_fragments())), max_size=6))
def test_a_vector_does_not_depend_on_its_batch(model: Embedder, cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(real_fragments())]
    parts = [model.embed(real_fragments()[a:b]) for a, b in pairwise(edges)]
    assert np.concatenate(parts).tobytes() == model.embed(real_fragments()).tobytes()


@every_embedder
def test_rows_come_in_input_order(model: Embedder) -> None:
    backwards = model.embed(real_fragments()[::-1])
    assert np.array_equal(backwards[::-1], model.embed(real_fragments()))


@every_embedder
def test_nothing_gives_no_rows_and_an_empty_fragment_a_row_like_any_other(model: Embedder) -> None:
    assert model.embed([]).shape == (0, model.dim)
    empty = numbered_fragment([])
    vectors = model.embed([empty, fragment("a + b"), empty])
    assert np.linalg.norm(vectors, axis=1).round(5).tolist() == [1, 1, 1]
    assert np.array_equal(vectors[0], vectors[2])


@every_embedder
def test_the_id_names_a_version(model: Embedder) -> None:
    assert model.id.rpartition("-")[2].isdigit()
