"""Memory that a stage has freed and the next one does not need in the same pieces."""

from __future__ import annotations

import ctypes
from contextlib import suppress


def give_back_memory() -> None:
    """Return what is free to the system, where the C library can.

    After an index run glibc keeps 160 MB of small free blocks, on which an audit's arrays would come on top.
    """
    with suppress(OSError, AttributeError):  # another C library returns it by itself
        ctypes.CDLL(None).malloc_trim(0)
