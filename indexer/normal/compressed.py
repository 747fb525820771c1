"""Reading rows of arrays in compressed-row form, the entries of one after those of the other."""

from __future__ import annotations

import numpy as np

from codesearch.core.types import I64


def entries_of(starts: I64, rows: I64) -> tuple[I64, I64]:
    """Places of the entries of some rows, int64 [m] in order, and the position in ``rows`` of each.

    Args:
        starts: int64 [n + 1], where each row begins.
        rows: int64 [r], rows in any order, also with repeats.
    """
    counts = starts[rows + 1] - starts[rows]
    owners = np.repeat(np.arange(len(rows)), counts)
    shifts = starts[rows] - (np.cumsum(counts) - counts)
    return np.arange(len(owners)) + shifts[owners], owners
