"""Learnt rows as 8-bit integers of one scale, and sums of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codesearch.core.types import F32

_CUT = 1e-4  # share of the entries that may be cut: a wider range would make every step coarser


def quantised(weights: F32) -> NDArray[np.int8]:
    """int8 [rows, dim]; the scale is not kept, because vectors are normalised after the sum."""
    widest = float(np.quantile(np.abs(weights), 1 - _CUT))
    if not widest > 0 or not np.isfinite(widest):
        raise ValueError("the weights are all zero or not finite")
    rows: NDArray[np.int8] = np.clip(np.rint(weights * (127 / widest)), -127, 127).astype(np.int8)
    return rows
