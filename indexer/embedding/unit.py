"""Rows of length 1."""

from __future__ import annotations

import numpy as np

from codesearch.core.types import F32


def unit_rows(vectors: F32) -> F32:
    """The rows, scaled in place to length 1; zero rows stay zero."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    np.divide(vectors, norms, out=vectors, where=norms > 0)
    return vectors
