"""Arrays on disk: one ``.npy`` per array, with a size and a BLAKE2b checksum recorded for each."""

from __future__ import annotations

import errno
import glob
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from tokenize import TokenError

import numpy as np
from numpy.typing import NDArray

from codesearch.core.errors import IndexFailure

_CHUNK = 1 << 20
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}
"""What file systems without hard links say, exFAT and network drives among them."""
_NO_ARRAY = (
    *(OSError, EOFError, ValueError, TypeError, LookupError, OverflowError),
    *(SyntaxError, TokenError, RecursionError, MemoryError),
)
"""What reading a file raises that is no array: its head is Python."""
REBUILD = "run 'codesearch doctor --repair', or delete the folder and index again"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Size in bytes and hexadecimal BLAKE2b-128 checksum of a file."""

    size: int
    checksum: str


def checksum(path: Path) -> str:
    """Hexadecimal BLAKE2b-128 of a file's bytes."""
    digest = blake2b(digest_size=16)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def write_arrays(folder: Path, arrays: Mapping[str, NDArray[np.generic]]) -> dict[str, StoredFile]:
    """Write ``<name>.npy`` for each array and force them to the disk; returns what was written by file
    name.
    """
    written = {}
    for name, array in arrays.items():
        path = folder / f"{name}.npy"
        with path.open("wb") as file:
            np.save(file, np.ascontiguousarray(array), allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
        written[path.name] = StoredFile(path.stat().st_size, checksum(path))
    return written


def read_array(folder: Path, name: str) -> NDArray[np.generic]:
    """Memory-map ``<name>.npy`` read-only.

    Raises:
        IndexFailure: The file is missing or is not an array.
    """
    path = folder / f"{name}.npy"
    try:
        mapped: NDArray[np.generic] = np.lib.format.open_memmap(path, mode="r")
    except _NO_ARRAY as error:
        raise IndexFailure(f"cannot read {path}: {error}", REBUILD) from error
    # A plain array over the mapping: numpy's memmap subclass costs microseconds per slice.
    return mapped.view(np.ndarray)


def verify_files(folder: Path, files: Mapping[str, StoredFile]) -> None:
    """Compare every file with its recorded size and checksum.

    Raises:
        IndexFailure: Names the first file that is missing or differs.
    """
    for name, stored in files.items():
        path = folder / name
        try:
            if path.stat().st_size != stored.size or checksum(path) != stored.checksum:
                raise IndexFailure(f"{path} is damaged: its checksum differs", REBUILD)
        except OSError as error:
            raise IndexFailure(f"cannot read {path}: {error.strerror}", REBUILD) from error


def create_whole(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Make a file unless it is there; nobody ever sees a part of it, and of two who make it one wins.

    Raises:
        OSError: It cannot be written.
    """
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # The second where another process, which has made it, took ours for the remains of a dead one.
        with suppress(FileExistsError, FileNotFoundError):
            _publish(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    sync_file(path.parent)


def _publish(fresh: Path, path: Path) -> None:
    """Give a file its name unless that is taken.

    Raises:
        FileExistsError: It is.
    """
    try:
        os.link(fresh, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # A place of its own by the name, which the file then takes: between the two it is empty.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        try:
            fresh.replace(path)
        except OSError:
            path.unlink(missing_ok=True)
            raise


def remove_remains(path: Path) -> None:
    """Delete what processes that died left of their attempts to :func:`create_whole` a file that is there."""
    for remains in path.parent.glob(f"{glob.escape(path.name)}.*.new"):
        remains.unlink(missing_ok=True)


def sync_file(path: Path) -> None:
    """Force a file, or the entries of a folder, to the disk, so that it survives a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
