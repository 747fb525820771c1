"""Globs from a request, which anybody may have written."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

MOST_STARS = 5
"""Stars of a glob, ``**`` being one: as an expression it may take a path's length to the power of their
number."""


def checked_glob(glob: str) -> str:
    """The glob.

    Raises:
        ValueError: It has so many stars that matching may take minutes, or half a surrogate pair, which no
            store takes.
    """
    if not glob.isascii() and re.search("[\ud800-\udfff]", glob):
        raise ValueError("a glob is valid Unicode")
    if len(re.findall(r"\*+", glob)) > MOST_STARS:
        raise ValueError(f"a glob has at most {MOST_STARS} stars")
    return glob


Glob = Annotated[str, AfterValidator(checked_glob)]
