"""TOML that a stranger wrote: what would be read for ever is refused."""

from __future__ import annotations

import tomllib
from typing import Any

# tomllib copies a dotted key once per part, so that 80 KB of one take it 45 seconds. A key is on one line;
# whether it stands in a string or a comment would take a parser of our own to tell.
_MOST_DOTS = 500


def parse_toml(text: str) -> dict[str, Any]:
    """The tables of a document.

    Raises:
        ValueError: It is not TOML, is nested too deeply, or has a number that is too long or a line with too
            many dots to be read.
    """
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > _MOST_DOTS:
            raise ValueError(f"more than {_MOST_DOTS} dots in line {number}, which a line break would divide")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("tables or arrays are nested too deeply") from error
