"""Winnowed n-grams of the blind token stream: a small set of fingerprints that near-miss copies share.

Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for document fingerprinting", SIGMOD 2003: of
every ``WINDOW`` consecutive n-gram hashes the smallest is kept, so any run of ``GRAM + WINDOW - 1`` equal
tokens is found.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from codesearch.core.types import U32, U64

GRAM = 6
WINDOW = 4

_MULTIPLIER = np.uint64(0xD6E8FEB86659FD93)  # odd, from the PractRand-tested rrmxmx family
_SHIFT = np.uint64(32)


def gram_hashes(blind: U64, length: int = GRAM) -> U64:
    """uint64 [n - length + 1]: a polynomial hash of every n-gram, mixed so that the smallest is arbitrary."""
    count = len(blind) - length + 1
    if count <= 0:
        return np.empty(0, np.uint64)
    mixed = blind[:count].copy()
    for offset in range(1, length):
        mixed *= _MULTIPLIER
        mixed += blind[offset : offset + count]
    mixed ^= mixed >> _SHIFT
    mixed *= _MULTIPLIER
    mixed ^= mixed >> _SHIFT
    return mixed


def winnow(blind: U64) -> U32:
    """uint32, ascending and distinct: fingerprints of a fragment's blind token hashes (uint64 [n]).

    A fragment shorter than one n-gram has none; one shorter than a window has its smallest.
    """
    grams = (gram_hashes(blind) >> _SHIFT).astype(np.uint32)
    if len(grams) <= WINDOW:
        return np.unique(grams)[:1]
    return np.unique(sliding_window_view(grams, WINDOW).min(axis=1))
