"""Equal keys: contents that need no comparison."""

from __future__ import annotations

import numpy as np

from codesearch.core.types import I64, U8
from codesearch.core.workers import HERE, Workers


def first_equal(keys: U8, workers: Workers = HERE) -> I64:
    """int64 [n]: the position of the first key that is equal to each.

    Args:
        keys: uint8 [n, width], of which the first two bytes are those of a hash.
        workers: Do it, a class of hashes at a time.
    """
    leaders = np.empty(len(keys), np.int64)
    classes = ((number, workers.parts) for number in range(workers.parts))
    for positions, first in workers.map(_first_equal, keys, classes):
        leaders[positions] = first
    return leaders


def _first_equal(keys: U8, chosen: tuple[int, int]) -> tuple[I64, I64]:
    """Positions of the keys whose hash leaves a remainder, ascending, and the first equal one of each."""
    remainder, divisor = chosen
    positions = np.flatnonzero(keys[:, :2].astype(np.int64) @ (256, 1) % divisor == remainder)
    texts = np.ascontiguousarray(keys[positions]).view(f"V{keys.shape[1]}").ravel()
    _, first, inverse = np.unique(texts, return_index=True, return_inverse=True)
    return positions, positions[first[inverse]]
