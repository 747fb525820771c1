"""Whether a file is another one than before, without reading it."""

from __future__ import annotations

from pathlib import Path

Stamp = tuple[int, int, int]
"""Inode, time of the last change in ns, bytes."""


def file_stamp(path: Path) -> Stamp | None:
    """What changes whenever the file is replaced or written; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
