"""Unpacks one archive file."""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b
from pathlib import Path
from typing import IO

from codesearch.core.errors import InputError
from codesearch.sources.streams import damage_errors, decompressed
from codesearch.sources.tars import unpack_tar
from codesearch.sources.tree import TreeWriter, UnpackLimits
from codesearch.sources.zips import unpack_zip
from indexer.corpus.names import display_path

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_CHUNK = 1 << 20


class EmptySource(InputError):
    """A source without any file: of several it is the one that nobody misses."""


def archive_stamp(path: Path) -> str:
    """What changes when the file is written or replaced, without reading it.

    Raises:
        InputError: There is no regular file.
    """
    try:
        status = path.stat()
        if path.is_file():
            return f"{status.st_size}:{status.st_mtime_ns}"
    except FileNotFoundError:
        raise InputError(f"no such file: {display_path(str(path))}", "check the path") from None
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {display_path(str(path))} ({error})", "check the path") from None
    raise InputError(f"{display_path(str(path))} is not a regular file", "name an archive")


def archive_digest(path: Path) -> str:
    """BLAKE2b-128 of the file, in hexadecimal digits.

    Raises:
        InputError: It cannot be read.
    """
    digest = blake2b(digest_size=16)
    with _opened(path) as raw:
        while chunk := raw.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def unpack_archive(path: Path, target: Path, limits: UnpackLimits) -> Counter[str]:
    """Write the regular files of an archive into an empty folder.

    Returns:
        How many entries were left out, by reason.

    Raises:
        InputError: It is no archive, encrypted, truncated or damaged, empty, or holds more than it may.
        EnvironmentFailure: The disk is full, or a library is missing.
    """
    shown = display_path(str(path))
    with _opened(path) as raw:
        head = raw.read(4)
        raw.seek(0)
        writer = TreeWriter(target, limits, shown, raw.tell)
        try:
            if head in _ZIP:
                writer = TreeWriter(target, limits, shown, lambda: path.stat().st_size)
                unpack_zip(raw, writer, shown)
            else:
                unpack_tar(decompressed(raw, shown), writer, shown)
        except damage_errors():
            raise InputError(f"{shown} is truncated or damaged", "fetch it again") from None
        except OSError as error:
            if error.errno is not None:
                raise
            # The decompressors' own, which have no number.
            raise InputError(f"{shown} is truncated or damaged", "fetch it again") from None
    require_files(writer, shown)
    return writer.left_out


def require_files(writer: TreeWriter, shown: str) -> None:
    """Refuse a source without any file.

    Raises:
        EmptySource: It has none.
    """
    if not writer.files:
        why = ", ".join(f"{count} {reason}" for reason, count in sorted(writer.left_out.items()))
        raise EmptySource(
            f"{shown} holds no files{f' but {why}' if why else ''}", "name one with source code in it"
        )


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(
            f"cannot read {display_path(str(path))} ({error.strerror})", "check its mode and owner"
        ) from None
