"""Checkpoints: an interrupted run's vectors are not computed again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from snippets import embedder, fragment, real_fragments

from codesearch.core.errors import EnvironmentFailure
from codesearch.core.types import F32, Fragment
from indexer.embedding import checkpoint
from indexer.embedding.checkpoint import Checkpoints, embed_resumably
from indexer.embedding.stored import embed_stored


class Interrupt(Exception):
    """Stands for whatever ends a run."""


class Counting:
    """The shipped embedder; counts, and gives up after some fragments."""

    id = "counting-1"
    dim = embedder().dim

    def __init__(self, budget: int = 1_000_000) -> None:
        self.count = 0
        self._budget = budget

    def embed(self, fragments: Sequence[Fragment]) -> F32:
        if self.count + len(fragments) > self._budget:
            raise Interrupt
        self.count += len(fragments)
        return embedder().embed(fragments)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "CHUNK", 10)


PARTS = real_fragments()[:35]


def embed_all(folder: Path, model: Counting) -> np.ndarray:
    parts = [rows for rows, _ in embed_resumably(PARTS, model, Checkpoints(folder, model.id))]
    return np.concatenate(parts)


def interrupted(folder: Path) -> None:
    with pytest.raises(Interrupt):
        embed_all(folder, Counting(budget=25))


def test_the_next_run_computes_only_what_is_missing(tmp_path: Path) -> None:
    interrupted(tmp_path)
    second = Counting()
    vectors = embed_all(tmp_path, second)
    assert second.count == 15
    assert np.array_equal(vectors, embed_stored(PARTS, embedder()))


def test_how_many_were_computed_is_told_chunk_by_chunk(tmp_path: Path) -> None:
    interrupted(tmp_path)
    model = Counting()
    told = [computed for _, computed in embed_resumably(PARTS, model, Checkpoints(tmp_path, model.id))]
    assert told == [0, 0, 10, 5]


def test_vectors_of_another_model_or_language_are_not_used(tmp_path: Path) -> None:
    interrupted(tmp_path)
    assert Checkpoints(tmp_path, "counting-1").find(PARTS[0]) is not None
    assert Checkpoints(tmp_path, "counting-2").find(PARTS[0]) is None
    java, c = fragment("f(a);", "java"), fragment("f(a);", "c")
    mixed = Checkpoints(tmp_path / "mixed", "m")
    mixed.keep([java], np.zeros((1, 4), np.int8))
    assert java.exact_key == c.exact_key
    assert Checkpoints(tmp_path / "mixed", "m").find(c) is None


@pytest.mark.parametrize("kept", [0, 3, 100, -30])
def test_a_cut_off_chunk_is_embedded_again_and_the_others_stay(tmp_path: Path, kept: int) -> None:
    interrupted(tmp_path)
    first = min(tmp_path.glob("*.npz"))
    first.write_bytes(first.read_bytes()[:kept])
    with pytest.raises(Interrupt):
        embed_all(tmp_path, Counting(budget=15))
    last = Counting()
    embed_all(tmp_path, last)
    assert last.count == 15


def test_a_run_of_one_chunk_writes_no_files(tmp_path: Path) -> None:
    model = Counting()
    list(embed_resumably(PARTS[:10], model, Checkpoints(tmp_path / "none", model.id)))
    assert not (tmp_path / "none").exists()


def test_chunks_of_another_number_type_are_embedded_again(tmp_path: Path) -> None:
    """The vectors of format 1 were halves; as bytes they would all be zero."""
    interrupted(tmp_path)
    for path in tmp_path.glob("*.npz"):
        with np.load(path) as archive:
            keys, vectors = archive["keys"], archive["vectors"]
        np.savez(path, keys=keys, vectors=vectors.astype(np.float16))
    model = Counting()
    embed_all(tmp_path, model)
    assert model.count == len(PARTS)


def test_a_vector_that_is_not_finite_ends_the_run_and_is_not_kept(tmp_path: Path) -> None:
    class Broken(Counting):
        id = "broken-1"

        def embed(self, fragments: Sequence[Fragment]) -> F32:
            vectors = super().embed(fragments)
            if self.count > 10:
                vectors[-1, 3] = np.nan
            return vectors

    with pytest.raises(EnvironmentFailure, match="model broken-1 gave a vector that is not finite"):
        embed_all(tmp_path, Broken())
    assert len(list(tmp_path.glob("*.npz"))) == 1
