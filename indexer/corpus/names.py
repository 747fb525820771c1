"""File names as text: any sequence of bytes becomes a one-line string, and comes back.

Bytes that are not UTF-8, control characters, line separators and bidirectional marks are percent-escaped, so
that a name can neither break a report's lines nor reorder what a terminal shows. ``%`` itself is escaped only
where two upper-case hexadecimal digits follow it, so that ``100%.py`` stays as it is and the scheme is still
reversible.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

_UNSAFE = re.compile(
    "%(?=[0-9A-F]{2})|[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\udc80-\udcff]"
)
_ESCAPED = re.compile(b"%([0-9A-F]{2})")


def display_path(path: str) -> str:
    """A path as the index stores it and reports show it.

    Args:
        path: As the operating system interface gives it (bytes outside the file system's encoding are
            surrogates).

    Returns:
        Valid Unicode on one line. Distinct paths have distinct results; :func:`system_path` inverts it.
    """
    if path.isascii() and path.isprintable() and "%" not in path:
        return path  # nearly every path; the general way costs seven times as much
    text = os.fsencode(path).decode("utf-8", "surrogateescape")
    return _UNSAFE.sub(_escape, text)


def system_path(path: str) -> str:
    """The path that :func:`display_path` was given, ready for ``open``."""
    return os.fsdecode(_ESCAPED.sub(lambda match: bytes([int(match[1], 16)]), path.encode("utf-8")))


def folders_of(path: str) -> Iterator[str]:
    """The folders on the way to a path, from the root (``""``) down, each but the root ending with ``/``.

    The path of a folder, which ends with ``/`` as well, is not among them.
    """
    yield ""
    end = path.find("/") + 1
    while 0 < end < len(path):
        yield path[:end]
        end = path.find("/", end) + 1


def folder_of(path: str) -> str:
    """The folder that holds an entry: the last of :func:`folders_of`."""
    return path[: path.rfind("/", 0, -1) + 1]


def _escape(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "surrogateescape"))
