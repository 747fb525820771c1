"""The bytes of an archive without their compression, told by how the file begins."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from typing import IO

from codesearch.core.errors import EnvironmentFailure
from codesearch.sources.tree import Reader

_XZ_MEMORY = 256 << 20  # bytes; `xz -9` takes 65 MiB to read, a crafted header asks for 4 GiB
_ZSTD_WINDOW = 128 << 20  # bytes; what the zstd program itself reads unless told otherwise
_BLOCK = 1 << 16

MAGIC_BYTES = 6


def damage_errors() -> tuple[type[Exception], ...]:
    """What the decompressors raise on truncated or damaged data, besides OSError without a number."""
    known: tuple[type[Exception], ...] = (EOFError, zlib.error, lzma.LZMAError)
    try:
        import zstandard
    except ImportError:
        return known
    return (*known, zstandard.ZstdError)


def decompressed(raw: IO[bytes], shown: str) -> Reader:
    """What a file holds; the file itself where it is not compressed.

    Raises:
        EnvironmentFailure: It is of Zstandard, and no library for that is installed.
    """
    magic = raw.read(MAGIC_BYTES)
    raw.seek(0)
    if magic.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=raw)
    if magic.startswith(b"BZh"):
        return bz2.BZ2File(raw)
    if magic == b"\xfd7zXZ\x00":
        return io.BufferedReader(_Xz(raw), _BLOCK)
    if magic.startswith(b"\x28\xb5\x2f\xfd"):
        try:
            import zstandard
        except ImportError:
            raise EnvironmentFailure(
                f"{shown} is compressed with Zstandard, which needs the package zstandard",
                "pip install zstandard",
            ) from None
        reader = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        return reader.stream_reader(raw, read_across_frames=True)
    return raw


class _Xz(io.RawIOBase):
    """Reads xz within :data:`_XZ_MEMORY`, which :class:`lzma.LZMAFile` cannot be told."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._decoder = _xz_decoder()

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer with some bytes; 0 at the end.

        Raises:
            EOFError: The file is truncated.
            lzma.LZMAError: It is damaged, or asks for too much memory.
        """
        while True:
            if self._decoder.eof:
                rest = self._decoder.unused_data or self._raw.read(_BLOCK)
                if not rest.strip(b"\0"):  # padding after the last stream
                    return 0
                self._decoder = _xz_decoder()
            elif self._decoder.needs_input:
                rest = self._raw.read(_BLOCK)
                if not rest:
                    raise EOFError
            else:
                rest = b""
            data = self._decoder.decompress(rest, len(buffer))
            if data:
                buffer[: len(data)] = data
                return len(data)


def _xz_decoder() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)
