"""64-bit hashes of features; stable across machines, runs and versions of numpy."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np

from codesearch.core.types import I64, U64

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio
_FINALIZER = np.uint64(0xBF58476D1CE4E5B9)  # splitmix64, Steele et al. 2014
_FIRST, _SECOND = np.uint64(29), np.uint64(32)


def text_hash(text: bytes) -> int:
    """BLAKE2b-64, as :class:`~codesearch.core.types.Vocabulary` hashes tokens."""
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "little")


def marker(name: str) -> int:
    """A hash that no token has, because no token holds a NUL byte."""
    return text_hash(b"\0" + name.encode())


def mixed(hashes: U64, family: int) -> U64:
    """uint64 [n]: the hashes of one family of features, spread over all bits and apart from other
    families'.
    """
    spread: U64 = hashes ^ np.uint64(family)
    spread = (spread ^ (spread >> _FIRST)) * _FINALIZER
    return (spread ^ (spread >> _SECOND)) * MULTIPLIER


def runs(stream: U64, owners: I64, length: int) -> tuple[U64, I64]:
    """Hash of every run of ``length`` neighbours in a stream that belong to one owner, and that owner.

    Args:
        stream: uint64 [n].
        owners: int64 [n], ascending.
        length: Neighbours in a run, at least 1.
    """
    count = max(len(stream) - length + 1, 0)
    hashes = stream[:count].copy()
    for offset in range(1, length):
        hashes *= MULTIPLIER
        hashes += stream[offset : offset + count]
    inside = owners[:count] == owners[len(owners) - count :]
    return hashes[inside], owners[:count][inside]
