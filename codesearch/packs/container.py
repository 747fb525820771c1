"""The members of a pack: written one after the other, read once, and never further than the manifest says."""

from __future__ import annotations

import os
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from codesearch.core.errors import EnvironmentFailure, InputError
from codesearch.packs.head import Head, Member, PackManifest, damaged, read_head, signature_line
from indexer.segments.files import sync_file

_CHUNK = 1 << 20
_LEVEL = 6  # 9 takes twice the time for one hundredth of the size

Sign = Callable[[bytes], tuple[bytes, bytes]]
"""Gives the public key and the signature of some bytes."""


class PackWriter:
    """Collects members in a file without a name, then puts them behind their head; use it as a context.

    Args:
        target: File to write; what is there stays until :meth:`finish` replaces it.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self._spool = tempfile.TemporaryFile(dir=target.parent)  # noqa: SIM115 - closed by __exit__
        self.members: list[Member] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._spool.close()

    @contextmanager
    def member(self, name: str) -> Iterator[_Compressed]:
        """A member to be written in the block."""
        stream = _Compressed(self._spool)
        yield stream
        self.members.append(stream.finish(name))

    def array(self, name: str, array: NDArray[np.generic]) -> None:
        """Add ``<name>.npy``."""
        with self.member(f"{name}.npy") as stream:
            np.lib.format.write_array(stream, np.ascontiguousarray(array), allow_pickle=False)

    def finish(self, manifest: PackManifest, sign: Sign) -> int:
        """Write the pack and make it visible by one rename; returns its bytes."""
        signed = manifest.signed_part()
        fresh = self._target.with_name(f".{self._target.name}.new")
        with fresh.open("wb") as file:
            file.write(signed + signature_line(*sign(signed)))
            self._spool.seek(0)
            shutil.copyfileobj(self._spool, file, _CHUNK)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        fresh.replace(self._target)
        sync_file(self._target.parent)
        return size


class _Compressed:
    """Compresses what is written and counts it."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._zlib = zlib.compressobj(_LEVEL)
        self._digest = blake2b(digest_size=32)
        self._size = self._stored = 0

    def write(self, data: bytes) -> int:
        """Add bytes."""
        view = memoryview(data).cast("B")
        self._size += len(view)
        self._put(self._zlib.compress(view))
        return len(view)

    def finish(self, name: str) -> Member:
        """The entry of the manifest."""
        self._put(self._zlib.flush())
        return Member(name, self._size, self._stored, self._digest.hexdigest())

    def _put(self, packed: bytes) -> None:
        self._digest.update(packed)
        self._stored += self._out.write(packed)


@contextmanager
def opened_pack(path: Path) -> Iterator[tuple[BinaryIO, Head]]:
    """A pack's file, left where its members begin, and its head.

    Raises:
        InputError: There is no such file.
        EnvironmentFailure: It is no pack, cannot be read, or was cut off or added to.
    """
    if path.is_dir():
        raise EnvironmentFailure(f"{path} is a folder, not a pack", "an index folder is named with --index")
    if path.exists() and not path.is_file():  # a FIFO would be waited for
        raise EnvironmentFailure(f"{path} is no pack", "name a file that 'codesearch pack' wrote")
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise InputError(f"no pack {path}", "check the path") from None
    except OSError as error:
        raise EnvironmentFailure(f"cannot read the pack {path}: {error.strerror}", "check its mode") from None
    with file:
        head = read_head(file, str(path))
        expected = head.size + sum(member.stored for member in head.manifest.members)
        actual = os.fstat(file.fileno()).st_size
        if actual != expected:
            raise damaged(str(path), f"it has {actual:,} bytes, not {expected:,}")
        yield file, head


def read_members(file: BinaryIO, manifest: PackManifest, shown: str, folder: Path | None) -> None:
    """Verify all members, and unpack them into a folder; without one they are verified alone.

    Whatever a member says of itself, no more is written than the size in the manifest. Nothing in the folder
    may be used before this has returned.

    Raises:
        EnvironmentFailure: One is damaged; the folder is then of no use.
    """
    for member in manifest.members:
        if folder is None:
            _verify(file, member, shown)
        else:
            with (folder / member.name).open("xb") as out:
                _unpack(file, member, shown, out)


def _verify(file: BinaryIO, member: Member, shown: str) -> None:
    digest = blake2b(digest_size=32)
    for chunk in _chunks(file, member.stored):
        digest.update(chunk)
    if digest.hexdigest() != member.checksum:
        raise damaged(shown, f"the checksum of {member.name} differs")


def _unpack(file: BinaryIO, member: Member, shown: str, out: BinaryIO) -> None:
    digest = blake2b(digest_size=32)
    expander = zlib.decompressobj()
    left = member.size
    try:
        for chunk in _chunks(file, member.stored):
            digest.update(chunk)
            pending, data = chunk, b""
            while pending or data:
                # One more than is left, so that a member which grows beyond its size is noticed.
                data = expander.decompress(pending, min(left + 1, _CHUNK))
                left -= len(data)
                if left < 0:
                    raise damaged(shown, f"{member.name} is larger than it says")
                out.write(data)
                pending = expander.unconsumed_tail
    except zlib.error:
        raise damaged(shown, f"{member.name} cannot be unpacked") from None
    if digest.hexdigest() != member.checksum:
        raise damaged(shown, f"the checksum of {member.name} differs")
    if left or not expander.eof or expander.unused_data:
        raise damaged(shown, f"{member.name} has another size than it says")


def _chunks(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The next ``size`` bytes of a file, or as many as it has."""
    while size and (chunk := file.read(min(size, _CHUNK))):
        size -= len(chunk)
        yield chunk
