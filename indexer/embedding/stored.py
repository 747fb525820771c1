"""Vectors as an index stores them, one signed byte per dimension, and their cosines: one way for ``query``,
``compare`` and ``eval``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from codesearch.core.errors import EnvironmentFailure
from codesearch.core.protocols import Embedder
from codesearch.core.types import F32, I64, Fragment

Stored = NDArray[np.int8]
"""int8 [n, dim] or [dim]: L2-normalised rows times :data:`SCALE`, rounded, from -127 to 127."""

# Entries of unit vectors of 256 dimensions are about 1/16, so a step of 1/256 moves a row by 1.8 % of its
# length and a cosine by .0013 on average (.007 at most; random, clustered and low-rank rows alike), in the
# 1,024 dimensions of hashed-ngrams-1 by 3.6 % and .0013. A power of two keeps scores exact. Entries past .496
# are cut. None was in those; a model with outlier dimensions has to rotate its vectors first: one dimension
# of deviation .6 left .3 of the true top 10.
SCALE = 256


def as_stored(vectors: F32, model: str = "") -> Stored:
    """Rows as a segment holds them.

    Args:
        vectors: float32 [n, dim], rows L2-normalised or zero.
        model: Id of the model that made them, for the message.

    Raises:
        EnvironmentFailure: A vector has an entry that is not finite.
    """
    if not np.isfinite(vectors).all():
        raise EnvironmentFailure(
            f"{f'model {model}' if model else 'a model'} gave a vector that is not finite",
            "its weights are damaged, or do not fit what it runs on; choose another embedder",
        )
    rows: Stored = np.clip(np.rint(vectors * np.float32(SCALE)), -127, 127).astype(np.int8)
    return rows


def embed_stored(fragments: Sequence[Fragment], embedder: Embedder) -> Stored:
    """int8 [n, dim], in order: the vectors of fragments as a segment holds them.

    Raises:
        EnvironmentFailure: The model gave a vector that is not finite.
    """
    return as_stored(embedder.embed(fragments), embedder.id)


def as_vectors(rows: Stored) -> F32:
    """float32 [n, dim]: what stored rows stand for; their lengths differ from 1 by the rounding."""
    return rows.astype(np.float32) / np.float32(SCALE)


def row_cosines(ours: Stored, theirs: Stored) -> F32:
    """float32 [n]: cosines of stored rows [n, dim] with stored rows [n, dim] or with one row [dim].

    Sums of integers are exact, so that a cosine depends on its two rows alone, and that of a row with itself
    is 1; a zero row has cosine 0 with every row.
    """
    lengths = np.sqrt((_products(ours, ours) * _products(theirs, theirs)).astype(np.float64))
    products = _products(ours, theirs)
    return np.divide(products, lengths, out=np.zeros(products.shape), where=lengths > 0).astype(np.float32)


def _products(ours: Stored, theirs: Stored) -> I64:
    """int64 [n]: inner products row by row."""
    products: I64 = np.multiply(ours, theirs, dtype=np.int32).sum(axis=-1, dtype=np.int64)
    return products
