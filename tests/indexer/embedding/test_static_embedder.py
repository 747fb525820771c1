"""The trained static embedder: what it makes of odd fragments, and which files it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from snippets import fragment, numbered_fragment, real_fragments

from codesearch.core.errors import EnvironmentFailure
from codesearch.core.types import Fragment
from indexer.embedding.registry import load_embedder
from indexer.embedding.static import ABOUT, KEYS, ROWS, StaticEmbedder
from indexer.features.extract import FEATURES_VERSION


def write_model(folder: Path, *, version: str = FEATURES_VERSION, rows: int = 6) -> Path:
    draw = np.random.default_rng(0)
    np.save(folder / KEYS, np.arange(1, 5, dtype=np.uint64))
    np.save(folder / ROWS, draw.integers(-127, 127, (rows, 8), dtype=np.int8))
    (folder / ABOUT).write_text(json.dumps({"features": version}))
    return folder


def test_a_model_of_other_features_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match="trained on features 'older-1'"):
        StaticEmbedder("mine", write_model(tmp_path, version="older-1"))


@pytest.mark.parametrize("name", [KEYS, ROWS, ABOUT])
def test_a_truncated_file_is_one_clear_line(tmp_path: Path, name: str) -> None:
    write_model(tmp_path)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(EnvironmentFailure, match="cannot use the model mine"):
        StaticEmbedder("mine", tmp_path)


def test_files_of_two_models_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match="do not fit each other"):
        StaticEmbedder("mine", write_model(tmp_path, rows=3))


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(numbered_fragment([]), id="empty"),
        pytest.param(fragment(";"), id="one token"),
        pytest.param(numbered_fragment(list(range(100_000))), id="100,000 tokens"),
        pytest.param(fragment("zqxjv_kwyp()"), id="unknown words"),
    ],
)
def test_every_fragment_has_a_finite_vector_of_length_one(odd: Fragment) -> None:
    [vector] = load_embedder("static-1").embed([odd])
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_a_folder_is_a_model_whose_id_changes_with_its_content(tmp_path: Path) -> None:
    first = load_embedder(str(write_model(tmp_path)))
    assert first.dim == 8
    assert first.id.startswith(f"{tmp_path.name}@")
    np.save(tmp_path / ROWS, np.ones((6, 8), np.int8))
    assert load_embedder(str(tmp_path)).id != first.id


PYTHON_LARGEST = """\
def f(xs):
    best = xs[0]
    for x in xs:
        if x > best:
            best = x
    return best
"""
JAVA_LARGEST = """\
int largest(int[] a) {
    int m = a[0];
    for (int v : a) { if (v > m) m = v; }
    return m;
}
"""


def test_the_same_loop_in_another_language_is_nearer_than_any_other_function() -> None:
    fragments = [fragment(PYTHON_LARGEST), fragment(JAVA_LARGEST, "java"), *real_fragments()]
    vectors = load_embedder("static-1").embed(fragments)
    assert (vectors[0] @ vectors[1:].T).argmax() == 0
