"""TOML that a stranger wrote: what would be read for ever is refused."""

from __future__ import annotations

import re
import tomllib
from typing import Any

# tomllib copies a dotted key once per part, so that 80 KB of one take it 45 seconds.
_MOST_PARTS = 100
_PART = r"""(?:[\w-]++|"(?:[^"\\\n]++|\\.)*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+"""
_LONG_KEY = re.compile(rf"(?<![\w-])(?:{_PART}){{{_MOST_PARTS}}}")


def parse_toml(text: str) -> dict[str, Any]:
    """The tables of a document, in time proportional to its length.

    Raises:
        ValueError: It is not TOML, is nested too deeply, or has a number or key too long to be read.
    """
    if found := _LONG_KEY.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise ValueError(f"a key of more than {_MOST_PARTS} parts in line {line}")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("tables or arrays are nested too deeply") from error
