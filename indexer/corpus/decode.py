r"""The decode ladder: raw bytes become UTF-8 with ``\n`` line ends, and the step that did it is recorded.

In order: a byte order mark; UTF-16 without a mark, told by where its NUL bytes stand; binary, when there are
NUL bytes or too many control characters; UTF-8; the encoding that the file declares (PEP 263, which is also
how Emacs and Vim do it, or XML and HTML); Latin-1, which never fails. Only a mark can make a file
undecodable: it is a promise.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from indexer.corpus.ledger import SkipReason
from indexer.corpus.opening import CannotRead

_MARKS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PATTERN_HEAD = 4096  # bytes that decide about UTF-16 without a mark and about control characters
_DECLARED_HEAD = 512  # bytes in which a declaration is looked for; PEP 263 allows the first two lines
_UTF16_SHARE = 0.4  # of one parity; ASCII text has 0.5, text with accents or some CJK a little less
_UTF16_STRAY = 0.1  # characters such as the box-drawing line (U+2500) have their NUL on the other side
_CONTROL_SHARE = 0.05  # random bytes hold 0.11; source at most some form feeds and escape characters
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\b\x1b")) + b"\x7f"
_DECLARATION = re.compile(
    rb"""\A(?:[^\r\n]*(?:\r\n?|\n))?[ \t\f]*(?:#|//|/?\*|--|;|%|"|<!--)[^\r\n]*?coding[:=][ \t]*([-\w.]+)"""
    rb"""|\A\s*<\?xml[^>]{0,200}?encoding=["']([-\w.]+)"""
    rb"""|<meta[^>]{0,200}?charset=["']?([-\w.]+)""",
    re.IGNORECASE,
)
# Text codecs of Python that are not character sets: quadratic, or they would execute escapes of the source.
_NOT_CHARACTER_SETS = frozenset(
    {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7"}
)


@dataclass(frozen=True, slots=True)
class Decoded:
    r"""A file's text.

    Attributes:
        text: Valid UTF-8 without a byte order mark; CRLF and lone CR are ``\n``, so that lines count as
            editors do.
        encoding: What the ladder did: ``utf-8``, ``utf-8-bom``, ``utf-16-le-bom`` (likewise ``be`` and 32),
            ``utf-16-le-guessed``, ``declared:<codec>`` or ``latin-1`` (the fallback).
    """

    text: bytes
    encoding: str


def decode(raw: bytes) -> Decoded:
    """Climb the ladder.

    Raises:
        CannotRead: ``binary``, or ``undecodable`` when the bytes break the encoding that their mark promises.
    """
    text, encoding = _to_utf8(raw)
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return Decoded(text, encoding)


def _to_utf8(raw: bytes) -> tuple[bytes, str]:
    for mark, codec in _MARKS:
        if raw.startswith(mark):
            return _transcode_marked(raw[len(mark) :], codec)
    guessed = _utf16_without_mark(raw)
    if guessed is not None:
        return guessed
    if _is_binary(raw):
        raise CannotRead(SkipReason.BINARY)
    label = "utf-8"
    if raw.startswith(codecs.BOM_UTF8):
        raw, label = raw[len(codecs.BOM_UTF8) :], "utf-8-bom"
    if _is_utf8(raw):
        return raw, label
    return _declared(raw) or (raw.decode("latin-1").encode(), "latin-1")


def _transcode_marked(raw: bytes, codec: str) -> tuple[bytes, str]:
    try:
        text = raw.decode(codec).encode()
    except UnicodeError:
        raise CannotRead(SkipReason.UNDECODABLE) from None
    if _is_binary(text):
        raise CannotRead(SkipReason.BINARY)
    return text, f"{codec}-bom"


def _utf16_without_mark(raw: bytes) -> tuple[bytes, str] | None:
    """UTF-16 text of mostly Latin letters: in each pair one byte is nearly always NUL."""
    head = raw[:_PATTERN_HEAD]
    if len(raw) % 2 or b"\0" not in head:
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    threshold = _UTF16_SHARE * len(head)
    if odd >= threshold and even <= odd * _UTF16_STRAY:
        codec = "utf-16-le"
    elif even >= threshold and odd <= even * _UTF16_STRAY:
        codec = "utf-16-be"
    else:
        return None
    try:
        text = raw.decode(codec).encode()
    except UnicodeError:
        return None
    return None if _is_binary(text) else (text, f"{codec}-guessed")


def _is_binary(raw: bytes) -> bool:
    if b"\0" in raw:
        return True
    head = raw[:_PATTERN_HEAD]
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls > _CONTROL_SHARE * len(head)


def _is_utf8(raw: bytes) -> bool:
    if raw.isascii():
        return True
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _declared(raw: bytes) -> tuple[bytes, str] | None:
    """The text by the encoding that the file names itself; None when it names none that fits."""
    found = _DECLARATION.search(raw[:_DECLARED_HEAD])
    if found is None:
        return None
    try:
        codec = codecs.lookup(found[found.lastindex or 0].decode("ascii", "replace")).name
        if codec.replace("_", "-") in _NOT_CHARACTER_SETS:
            return None
        return raw.decode(codec).encode(), f"declared:{codec}"
    except (LookupError, UnicodeError):  # unknown, not a text codec, or not what the bytes are: one step down
        return None
