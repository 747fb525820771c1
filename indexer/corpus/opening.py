"""Reading a file of a corpus: regular files only, never more than a number of bytes, never blocking.

A name in a corpus can turn into a FIFO, a device or a link between listing and opening, so the check is made
on the open descriptor. ``O_NONBLOCK`` keeps the opening of a FIFO from waiting for a writer, ``O_NOFOLLOW``
refuses links.
"""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass

from indexer.corpus.ledger import SkipReason

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_READ_BYTES = 1 << 16
_REASONS = {
    errno.ENOENT: SkipReason.VANISHED,
    errno.ENOTDIR: SkipReason.VANISHED,
    errno.ELOOP: SkipReason.SYMLINK,
    errno.ENXIO: SkipReason.NOT_REGULAR,  # a socket, or a device without a driver
    errno.ENODEV: SkipReason.NOT_REGULAR,
}


class CannotRead(Exception):
    """The file is skipped for ``reason``."""

    def __init__(self, reason: SkipReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class RawFile:
    """A file's bytes with its size in bytes and modification time in ns as they were before it was read."""

    content: bytes
    size: int
    modified_ns: int


def read_regular(path: str | os.PathLike[str], max_bytes: int) -> RawFile:
    """All bytes of a regular file.

    Raises:
        CannotRead: It is not a regular file, is gone, cannot be read, or holds more than ``max_bytes``.
    """
    return _read(path, max_bytes, whole=True)


def read_head(path: str | os.PathLike[str], max_bytes: int) -> bytes:
    """The first ``max_bytes`` bytes of a regular file, fewer when it is shorter.

    Raises:
        CannotRead: It is not a regular file, is gone, or cannot be read.
    """
    return _read(path, max_bytes, whole=False).content


def _read(path: str | os.PathLike[str], max_bytes: int, *, whole: bool) -> RawFile:
    try:
        descriptor = os.open(path, _FLAGS)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise CannotRead(SkipReason.NOT_REGULAR)
            if whole and status.st_size > max_bytes:
                raise CannotRead(SkipReason.TOO_LARGE)
            # One byte more than allowed shows a file that grew since, or whose size the system does not tell
            # (/proc).
            content = _read_up_to(descriptor, max_bytes + whole, status.st_size + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise CannotRead(_REASONS.get(error.errno or 0, SkipReason.UNREADABLE)) from None
    if len(content) > max_bytes:
        raise CannotRead(SkipReason.TOO_LARGE)
    return RawFile(content, status.st_size, status.st_mtime_ns)


def _read_up_to(descriptor: int, limit: int, expected: int) -> bytes:
    """Bytes up to the end of the file or ``limit``; ``expected`` sizes the first read."""
    parts = []
    total = 0
    while total < limit and (part := os.read(descriptor, min(limit - total, max(expected, _READ_BYTES)))):
        parts.append(part)
        total += len(part)
    return b"".join(parts)
