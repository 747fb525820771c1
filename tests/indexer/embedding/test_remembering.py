"""The remembering embedder asks for each fragment once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from snippets import embedder, real_fragments

from codesearch.core.types import F32, Fragment
from indexer.embedding import remembering
from indexer.embedding.remembering import RememberingEmbedder


class Logging:
    """The shipped embedder; notes how many fragments each call had."""

    id = "logging-1"
    dim = embedder().dim

    def __init__(self) -> None:
        self.calls: list[int] = []

    def embed(self, fragments: Sequence[Fragment]) -> F32:
        self.calls.append(len(fragments))
        return embedder().embed(fragments)


def test_what_it_has_seen_is_not_embedded_again() -> None:
    inner = Logging()
    outer = RememberingEmbedder(inner)
    parts = real_fragments()[:6]
    first = outer.embed(parts[:4])
    second = outer.embed([parts[5], *parts[:4], parts[5]])
    assert inner.calls == [4, 1]
    assert np.array_equal(second[1:5], first)
    assert np.array_equal(second[0], second[5])


def test_it_forgets_the_oldest_and_is_still_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembering, "_REMEMBERED", 5)
    inner = Logging()
    outer = RememberingEmbedder(inner)
    parts = real_fragments()[:8]
    for first in (0, 3, 0):
        assert np.array_equal(
            outer.embed(parts[first : first + 5]), embedder().embed(parts[first : first + 5])
        )
    assert np.array_equal(outer.embed(parts), embedder().embed(parts))


def test_it_goes_by_the_name_of_the_model_behind_it() -> None:
    outer = RememberingEmbedder(Logging())
    assert (outer.id, outer.dim) == ("logging-1", embedder().dim)
