"""Line layouts: on which lines the tokens of one occurrence stand, where they stand differently than
stored.
"""

from __future__ import annotations

import zlib

import numpy as np

from codesearch.core.types import I32


def relative_lines(lines: I32) -> I32:
    """The same lines counted from 0 at the first token."""
    return lines - lines[:1] if len(lines) else lines


def pack_layout(lines: I32, stored: I32) -> bytes | None:
    """The relative lines of an occurrence as bytes; None when they are the stored ones."""
    relative = relative_lines(lines)
    if np.array_equal(relative, stored):
        return None
    return zlib.compress(np.diff(relative, prepend=np.int32(0)).astype("<i4").tobytes())


def unpack_layout(packed: bytes) -> I32:
    """int32 [n]: the relative lines that :func:`pack_layout` packed."""
    return np.cumsum(np.frombuffer(zlib.decompress(packed), "<i4"), dtype=np.int32)
