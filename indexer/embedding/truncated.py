"""Vectors cut to their first dimensions, for models that were trained for it.

Kusupati et al., "Matryoshka Representation Learning", 2022. Another model loses more than it saves: cut to
half, the shipped static-1 finds an eighth less (docs/adr/0010).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from codesearch.core.errors import ConfigError
from codesearch.core.protocols import Embedder
from codesearch.core.types import F32, Fragment
from indexer.embedding.unit import unit_rows

_DECLARED = "matryoshka_dimensions"  # in a model's config.json, as vLLM reads it


class TruncatedEmbedder:
    """The first dimensions of another embedder's vectors, scaled to length 1."""

    def __init__(self, whole: Embedder, dim: int) -> None:
        self._whole = whole
        self._dim = dim

    @property
    def id(self) -> str:
        """The model's id with the dimensions that are kept."""
        return truncated_id(self._whole.id, self._dim)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._dim

    def embed(self, fragments: Sequence[Fragment]) -> F32:
        """float32 [n, dim], rows L2-normalised, in input order."""
        return unit_rows(np.ascontiguousarray(self._whole.embed(fragments)[:, : self._dim]))


def truncated_id(model: str, dim: int) -> str:
    """The id of a model whose vectors are cut; ``dim`` 0 keeps all."""
    return f"{model}:{dim}" if dim else model


def truncated(whole: Embedder, dim: int, allowed: Sequence[int]) -> Embedder:
    """The embedder with its vectors cut to ``dim`` dimensions; 0 keeps all.

    Args:
        whole: What is cut.
        dim: Dimensions wanted.
        allowed: Those that the model was trained for.

    Raises:
        ConfigError: The model was not trained for so many.
    """
    if dim in {0, whole.dim}:
        return whole
    if dim not in allowed:
        known = ", ".join(str(size) for size in sorted(allowed) if size < whole.dim)
        raise ConfigError(
            f"embedding.dimensions is {dim}, and the model '{whole.id}' was "
            f"{f'trained for {known}' if known else f'not trained to be cut from its {whole.dim}'}",
            "leave it at 0, which keeps all, or choose another model",
        )
    return TruncatedEmbedder(whole, dim)


def declared_dimensions(folder: Path) -> tuple[int, ...]:
    """The dimensions that the ``config.json`` of a model's folder, anybody's file, declares; none if it says
    nothing.
    """
    try:
        config = json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError):
        return ()
    values = config.get(_DECLARED) if isinstance(config, dict) else None
    if not isinstance(values, list) or not all(type(value) is int and value > 0 for value in values):
        return ()
    return tuple(values)
