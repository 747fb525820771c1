"""Writes the files of an untrusted archive below one folder, and nothing anywhere else."""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from codesearch.core.errors import EnvironmentFailure, InputError

RATIO_FLOOR = 64 << 20  # below this a bomb harms nobody, and a small archive of zeros is no attack
_CHUNK = 1 << 20
_MAX_DEPTH = 255  # folders; PATH_MAX allows 2,000, which recursion does not survive
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Reader(Protocol):
    """What yields the bytes of one file."""

    def read(self, size: int = ..., /) -> bytes:
        """At most ``size`` bytes, none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class UnpackLimits:
    """What one source may hold.

    Attributes:
        max_bytes: Of all files together, unpacked.
        max_members: Files, folders and all else.
        max_ratio: Unpacked bytes per byte of the archive, once these are over :data:`RATIO_FLOOR`.
    """

    max_bytes: int
    max_members: int
    max_ratio: int


class TreeWriter:
    """Takes the members of one archive.

    No link is ever made, so that no later member can be written through one.

    Args:
        root: Empty folder.
        limits: What the archive may hold.
        shown: What messages call it.
        consumed: Bytes of the archive that were read so far; None for a stream that is not compressed.
    """

    def __init__(
        self, root: Path, limits: UnpackLimits, shown: str, consumed: Callable[[], int] | None = None
    ) -> None:
        self._root = os.fspath(root)
        self._limits = limits
        self._shown = shown
        self._consumed = consumed
        self._members = 0
        self._written = 0
        self._folders: set[str] = set()
        self.files = 0
        self.left_out: Counter[str] = Counter()

    def count(self) -> None:
        """One more member.

        Raises:
            InputError: There are too many.
        """
        self._members += 1
        if self._members > self._limits.max_members:
            raise InputError(
                f"{self._shown} holds over {self._limits.max_members:,} entries", "see sources.max_members"
            )

    def leave_out(self, reason: str) -> None:
        """A member that is not written."""
        self.left_out[reason] += 1

    def write(self, name: str, content: Reader, *, executable: bool) -> None:
        """Write a file; one of the same name is replaced, as archives mean it.

        Raises:
            InputError: The archive holds more than it may.
            EnvironmentFailure: The disk is full.
        """
        parts = [part for part in name.split("/") if part not in {"", "."}]
        if not _is_safe(name, parts):
            self.leave_out("unsafe-name")
            return
        if any(part.lower() == ".git" for part in parts):
            self.leave_out("version-control")  # git would take its settings from there
            return
        try:
            target = self._opened(parts, executable=executable)
        except OSError as error:
            if error.errno in _FULL:
                raise self._disk_full() from error
            self.leave_out("unwritable-name")
            return
        try:
            self._copy(content, target)
        finally:
            os.close(target)
        self.files += 1

    def _opened(self, parts: list[str], *, executable: bool) -> int:
        folder = "/".join((self._root, *parts[:-1]))
        if folder not in self._folders:
            os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - names may hold surrogates
            self._folders.add(folder)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
        return os.open(f"{folder}/{parts[-1]}", flags, 0o755 if executable else 0o644)

    def _copy(self, content: Reader, target: int) -> None:
        while chunk := content.read(_CHUNK):
            self._written += len(chunk)
            self._require_bounds()
            rest = memoryview(chunk)
            while rest:
                try:
                    rest = rest[os.write(target, rest) :]
                except OSError as error:
                    raise self._disk_full() if error.errno in _FULL else error from error

    def _require_bounds(self) -> None:
        if self._written > self._limits.max_bytes:
            raise InputError(
                f"{self._shown} unpacks to over {self._limits.max_bytes:,} bytes", "see sources.max_bytes"
            )
        if self._consumed is None or self._written <= RATIO_FLOOR:
            return
        if self._written > self._limits.max_ratio * max(1, self._consumed()):
            raise InputError(
                f"{self._shown} unpacks to over {self._limits.max_ratio} times its size",
                "see sources.max_ratio",
            )

    def _disk_full(self) -> EnvironmentFailure:
        return EnvironmentFailure(
            f"no space left to unpack {self._shown}",
            "free some space and run again; the old state is untouched",
        )


def _is_safe(name: str, parts: list[str]) -> bool:
    foreign = os.name == "nt" and any(sign in name for sign in "\\:")
    inside = not name.startswith("/") and ".." not in parts
    return inside and 0 < len(parts) <= _MAX_DEPTH and "\0" not in name and not foreign
