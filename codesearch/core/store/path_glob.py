"""Path globs as regular expressions that SQLite (Python's ``re``) and PostgreSQL read alike."""

from __future__ import annotations

import re


def glob_to_regex(glob: str) -> str:
    r"""A regular expression for the paths that ``glob`` names, to be searched case-sensitively.

    ``*`` and ``?`` stay within a folder, ``**`` crosses folders, ``[a-z]`` and ``[!a-z]`` are character sets.
    A glob without a slash fits in any folder (``*.java``), one with a slash counts from the corpus root
    (``src/**/*.java``), and one that ends in a slash, or names a folder, takes everything below it.
    """
    body = glob.strip("/")
    anywhere = "/" not in body and not glob.startswith("/")
    parts = [_segment_regex(part) for part in body.split("/") if part]
    # `**/` stands for any number of folders, none included.
    joined = "/".join(parts).replace(f"{_ANY_DEPTH}/", "(?:[^/]+/)*").replace(_ANY_DEPTH, _ANYTHING)
    below = f"/{_ANYTHING}" if glob.endswith("/") else f"(?:/{_ANYTHING})?"
    return rf"\A{'(?:[^/]+/)*' if anywhere else ''}{joined}{below}\Z"


_ANY_DEPTH = "\0"
_ANYTHING = "(?:[^/]|/)*"  # a dot stops at newlines, which file names may hold
_WILDCARD = re.compile(r"\*+|\?|\[!?[^\]!/][^\]/]*\]|.", re.DOTALL)


def _segment_regex(segment: str) -> str:
    return _ANY_DEPTH if segment == "**" else _WILDCARD.sub(lambda found: _piece_regex(found[0]), segment)


def _piece_regex(piece: str) -> str:
    if piece[0] == "*":
        return "[^/]*"
    if piece == "?":
        return "[^/]"
    return _set_regex(piece) if len(piece) > 1 else re.escape(piece)


def _set_regex(piece: str) -> str:
    """A character set; one with a range that runs backwards means itself, letter by letter."""
    inside = piece[1:-1]
    negated = inside.startswith("!")
    members = re.findall(r".-.|.", inside[negated:], re.DOTALL)
    if any(len(member) == 3 and member[0] > member[2] for member in members):
        return re.escape(piece)
    escaped = "".join("-".join(map(re.escape, member[::2])) for member in members)  # "a-z" or "a"
    return f"[^/{escaped}]" if negated else f"[{escaped}]"
