"""Patterns of ignore files and globs that a corpus may bring: none takes long to match."""

from __future__ import annotations

import re
from typing import AnyStr

from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

MOST_PATTERNS = 2000
"""Patterns with wildcards that hold in one folder: every path takes about a microsecond for each."""

_LONGEST = 8192
"""Characters of a pattern: no path has more than 4,096, of which each may be escaped."""

# Expressions of the library with ours, which cannot match the same folders in many ways.
_ANY_FOLDERS = (("(?:.+/)?", "(?:[^/]++/)*"), ("(?:/.+)?/", "/(?:[^/]++/)*"))
_STAR, _MARK = "[^/]*", "\0"
_BETWEEN_STARS = re.compile(r"\0+((?:\\.|[^\0/()\\])+)(?=\0)")


class LinearPattern(GitIgnoreSpecPattern):
    """A pattern of the library without the attempts that cannot help.

    What stands between two stars of a name is taken where it comes first: whatever is behind has all the room
    that it can have. The library tries every other place too, so that its time is the length of the name to
    the power of the stars.
    """

    @classmethod
    def pattern_to_regex(cls, pattern: AnyStr) -> tuple[AnyStr | None, bool | None]:
        """The expression, and whether a match is included; None for what is no pattern."""
        expression, include = super().pattern_to_regex(pattern)
        if isinstance(expression, str) and "[" not in str(pattern):
            return _linear(expression), include  # type: ignore[return-value]  # mypy takes text for bytes too
        return expression, include


def _linear(expression: str) -> str:
    for tried, settled in _ANY_FOLDERS:
        expression = expression.replace(tried, settled)
    expression = _BETWEEN_STARS.sub(r"(?>[^/]*?\1)", expression.replace(_STAR, _MARK))
    return expression.replace(_MARK, _STAR)


def may_take_long(pattern: str) -> bool:
    """Whether to read a pattern, or to match a path with it, may take seconds.

    What is left to be tried in many ways is folders between several ``**``, and stars beside a class of
    characters, which may match a slash. The mark, which no path holds, would be taken for a star.
    """
    if len(pattern) > _LONGEST or _MARK in pattern:
        return True
    name = pattern.removeprefix("!").removeprefix("**/").removesuffix("/**")
    return pattern.count("**") > 2 or ("[" in pattern and name.count("*") > 2)
