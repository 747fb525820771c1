"""The static embedder behind sentence-transformers gives the same vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from snippets import JAVA_COPY, PYTHON_MEDIAN, embedder, fragment

pytest.importorskip("sentence_transformers")

from sentence_transformers import SentenceTransformer

from indexer.embedding.sentence_module import StaticModule


def test_vectors_are_those_of_the_embedder(tmp_path: Path) -> None:
    model = SentenceTransformer(modules=[StaticModule.of("static-1")], device="cpu")
    vectors = model.encode([JAVA_COPY, PYTHON_MEDIAN])
    expected = embedder().embed([fragment(JAVA_COPY, "java"), fragment(PYTHON_MEDIAN)])
    assert np.allclose(vectors, expected, atol=1e-6)


def test_a_saved_module_loads_again(tmp_path: Path) -> None:
    StaticModule.of("static-1", "python").save(str(tmp_path))
    again = SentenceTransformer(modules=[StaticModule.load(str(tmp_path))], device="cpu")
    assert np.allclose(again.encode([PYTHON_MEDIAN]), embedder().embed([fragment(PYTHON_MEDIAN)]), atol=1e-6)
