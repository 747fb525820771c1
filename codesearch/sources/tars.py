"""Reads tar streams strictly: what is cut short or damaged is an error, never a shorter archive."""

from __future__ import annotations

import tarfile
from typing import IO, Self, cast

from codesearch.core.errors import InputError
from codesearch.sources.tree import Reader, TreeWriter

_MAX_HEADER = 1 << 20  # bytes; tarfile reads the longest names and records into memory at once
_LONG_HEADERS = frozenset(
    {
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
    }
)


class _BadHeader(Exception):
    """A member's header cannot be read."""


class _StrictHeader(tarfile.TarInfo):
    """A header whose damage is told: :mod:`tarfile` takes that for the end, unless it is the first one."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """The header in a block of 512 bytes.

        Raises:
            _BadHeader: It is cut short, damaged, or announces a name that fills the memory.
        """
        try:
            header = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if len(buf) == tarfile.BLOCKSIZE and not bytes(buf).strip(b"\0"):
                raise  # the mark at the end
            raise _BadHeader from error
        if header.type in _LONG_HEADERS and header.size > _MAX_HEADER:
            raise _BadHeader
        return header


def unpack_tar(stream: Reader, writer: TreeWriter, shown: str) -> None:
    """Write the regular files of a tar stream.

    Raises:
        InputError: It is no tar archive, truncated or damaged, or holds more than it may.
        EnvironmentFailure: The disk is full.
    """
    members = 0
    try:
        with tarfile.open(fileobj=cast(IO[bytes], stream), mode="r|", tarinfo=_StrictHeader) as archive:
            while (member := archive.next()) is not None:
                members += 1
                _unpack_member(archive, member, writer)
                archive.members.clear()  # type: ignore[attr-defined] # of millions each would stay
    except (tarfile.TarError, _BadHeader, ValueError, RecursionError):  # a chain of pax headers recurses
        if not members:
            raise InputError(f"{shown} is not a tar archive", "check what it is with `file`") from None
        raise InputError(
            f"{shown} is truncated or damaged after {members:,} entries", "fetch it again"
        ) from None


def _unpack_member(archive: tarfile.TarFile, member: tarfile.TarInfo, writer: TreeWriter) -> None:
    writer.count()
    if member.isdir():
        return
    if member.issym() or member.islnk():
        writer.leave_out("link")
    elif not member.isreg():
        writer.leave_out("not-regular")
    elif (content := archive.extractfile(member)) is not None:
        writer.write(member.name, content, executable=bool(member.mode & 0o100))
