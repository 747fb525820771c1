"""Reads zip archives."""

from __future__ import annotations

import stat
import zipfile
import zlib
from typing import IO

from codesearch.core.errors import InputError
from codesearch.sources.tree import TreeWriter

_ENCRYPTED = 0x1  # bit of the general purpose flags


def unpack_zip(raw: IO[bytes], writer: TreeWriter, shown: str) -> None:
    """Write the regular files of a zip archive.

    Raises:
        InputError: It is encrypted, truncated or damaged, or holds more than it may.
        EnvironmentFailure: The disk is full.
    """
    try:
        with zipfile.ZipFile(raw) as archive:
            for member in archive.infolist():
                writer.count()
                if member.flag_bits & _ENCRYPTED:
                    raise InputError(f"{shown} is encrypted", "unpack it yourself and index the folder")
                _unpack_member(archive, member, writer)
    except (zipfile.BadZipFile, EOFError, zlib.error, ValueError):
        raise InputError(f"{shown} is truncated or damaged", "fetch it again") from None
    except (NotImplementedError, RuntimeError) as error:
        raise InputError(
            f"cannot unpack {shown} ({error})", "unpack it yourself and index the folder"
        ) from None


def _unpack_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, writer: TreeWriter) -> None:
    mode = member.external_attr >> 16
    if member.is_dir():
        return
    if stat.S_ISLNK(mode):
        writer.leave_out("link")
    elif stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
        writer.leave_out("not-regular")
    else:
        with archive.open(member) as content:
            writer.write(member.filename, content, executable=bool(mode & 0o100))
