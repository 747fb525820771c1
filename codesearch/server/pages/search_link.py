"""Code as part of an address, so that a search can be shared."""

from __future__ import annotations

import base64
import binascii
import zlib

from codesearch.core.errors import InputError

MAX_LINK = 6_000
"""Characters of an address that browsers, chats and proxies (8 KB by default in nginx) all take."""
MAX_LINKED_BYTES = 1 << 20
"""A short address may unpack to a thousand times its length; nobody shares that as a link."""

_RAW = -zlib.MAX_WBITS  # without a header and checksum, which are 6 bytes of nothing here


def pack(code: str) -> str:
    """Deflated and in the base64 alphabet of addresses, without padding."""
    packer = zlib.compressobj(9, wbits=_RAW)
    packed = packer.compress(code.encode("utf-8", "replace")) + packer.flush()
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode("ascii")


def unpack(packed: str) -> str:
    """What :func:`pack` was given.

    Raises:
        InputError: It is damaged, or holds more than :data:`MAX_LINKED_BYTES`.
    """
    unpacker = zlib.decompressobj(_RAW)
    try:
        raw = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        text = unpacker.decompress(raw, MAX_LINKED_BYTES)
    except (binascii.Error, zlib.error, ValueError):
        raise _damaged() from None
    if unpacker.unconsumed_tail:
        raise InputError("the link holds more code than links may", "paste the code instead")
    if not unpacker.eof:
        raise _damaged()
    return text.decode("utf-8", "replace")


def _damaged() -> InputError:
    return InputError("the link is damaged", "copy the whole address, or paste the code instead")
