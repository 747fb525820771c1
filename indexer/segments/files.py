"""Arrays on disk: one ``.npy`` per array, with a size and a BLAKE2b checksum recorded for each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codesearch.core.errors import IndexFailure

_CHUNK = 1 << 20
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
        mapped: NDArray[np.generic] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
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


def sync_folder(folder: Path) -> None:
    """Force a folder's entries to the disk, so that a rename in it survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
