"""Vectors are cut only where the model was trained for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from snippets import PYTHON_MEDIAN, embedder, fragment, real_fragments

from codesearch.core.errors import ConfigError
from indexer.embedding.registry import embedder_id, load_embedder
from indexer.embedding.truncated import declared_dimensions, truncated


def test_a_cut_vector_is_the_beginning_of_the_whole_one_at_length_one() -> None:
    cut = truncated(embedder(), 64, (32, 64, 128))
    contents = [*real_fragments()[:9], fragment(PYTHON_MEDIAN)]
    ours, whole = cut.embed(contents), embedder().embed(contents)[:, :64]
    assert cut.dim == ours.shape[1] == 64
    assert cut.id == "static-1:64" == embedder_id("static-1", "", 64)
    assert np.allclose(ours, whole / np.linalg.norm(whole, axis=1, keepdims=True), atol=1e-6)
    assert np.array_equal(ours[3:4], cut.embed(contents[3:4]))


@pytest.mark.parametrize("dim", [0, 256])
def test_all_dimensions_are_the_model_itself(dim: int) -> None:
    assert truncated(embedder(), dim, ()) is embedder()


def test_the_shipped_model_was_not_trained_to_be_cut() -> None:
    with pytest.raises(
        ConfigError, match=r"dimensions is 128, and the model 'static-1' was not trained"
    ) as why:
        load_embedder("static-1", dimensions=128)
    assert "leave it at 0" in why.value.hint


def test_other_dimensions_than_those_of_the_training_are_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="was trained for 32, 64: "):
        truncated(embedder(), 100, (64, 32, 256))


@pytest.mark.parametrize(
    ("text", "declared"),
    [
        ('{"matryoshka_dimensions": [32, 64]}', (32, 64)),
        ('{"hidden_size": 384}', ()),
        ('{"matryoshka_dimensions": [32, "all"]}', ()),
        ('{"matryoshka_dimensions": [true]}', ()),
        ("[]", ()),
        ("{", ()),
    ],
)
def test_a_folder_declares_its_dimensions_or_none(
    tmp_path: Path, text: str, declared: tuple[int, ...]
) -> None:
    (tmp_path / "config.json").write_text(text)
    assert declared_dimensions(tmp_path) == declared
    assert declared_dimensions(tmp_path / "missing") == ()
