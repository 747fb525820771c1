"""Vectors as an index stores them, and their cosines: one way for ``query``, ``compare`` and ``eval``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codesearch.core.types import F32


def as_stored(vectors: F32) -> NDArray[np.float16]:
    """float16 [n, dim]: what a segment holds of float32 rows."""
    return vectors.astype(np.float16)


def row_cosines(ours: NDArray[np.floating], theirs: NDArray[np.floating]) -> F32:
    """float32 [n]: cosines of stored rows [n, dim] with stored rows [n, dim] or with one row [dim].

    Not a matrix product, whose last bits depend on the number of rows. Rounding to half precision may
    carry the length of a row past 1, so the result is cut at 1.
    """
    products = ours.astype(np.float32) * theirs.astype(np.float32)
    cosines: F32 = np.clip(products.sum(axis=-1), -1.0, 1.0).astype(np.float32)
    return cosines
