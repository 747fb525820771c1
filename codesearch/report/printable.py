r"""Untrusted text made safe to print: file names and code may hold terminal escapes and invisible reordering.

Control characters (C0, DEL, C1), bidirectional overrides, line separators and lone surrogates become visible
escapes such as ``\x1b`` and ``\u202e``; every other character stays, so that names in any script are
readable.
"""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
TAB_WIDTH = 4


def printable(text: str) -> str:
    """``text`` on one line without anything a terminal would act on."""
    return _UNSAFE.sub(_visible, text)


def printable_code(line: str) -> str:
    """A line of source, likewise, with its tabs as spaces."""
    return printable(line.rstrip("\r\n").expandtabs(TAB_WIDTH))


def _visible(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
