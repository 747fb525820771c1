"""Verdicts of people about pairs of fragments, kept as precedents."""

from __future__ import annotations

import re
from dataclasses import dataclass

from codesearch.core.errors import UsageError
from codesearch.core.results import Verdict

MAX_CODE = 20_000
"""Characters of code kept of a side: more than a judge is ever shown."""
MAX_REASON = 2_000
MAX_BY = 200

ContentPair = frozenset[tuple[str, str]]
"""(content, language) of both sides, in no order; a single one where they are the same code."""

_CONTENT = re.compile(r"[0-9a-f]{32}")
_LANGUAGE = re.compile(r"[a-z0-9][a-z0-9_+#.-]{0,39}")
_END_OF_TIME = 253_402_300_799  # the last second of the year 9999, after which dates cannot be written


@dataclass(frozen=True, slots=True, order=True)
class Side:
    """A fragment that was judged.

    Attributes:
        content: 32 hexadecimal digits, the key of its T1 form, as that of a member of a clone class.
        language: Registry id.
        code: Its source, at most :data:`MAX_CODE` characters; what is longer loses its end.

    Raises:
        UsageError: A value does not fit.
    """

    content: str
    language: str
    code: str

    def __post_init__(self) -> None:
        """Check the values, which may come from a file."""
        if not _CONTENT.fullmatch(self.content):
            raise UsageError("a content is not 32 hexadecimal digits")
        if not _LANGUAGE.fullmatch(self.language):
            raise UsageError("a language is not an id such as python")
        _require_text("the code of a side", self.code, MAX_CODE)


@dataclass(frozen=True, slots=True)
class Precedent:
    """What somebody said about a pair; :meth:`between` makes one.

    Attributes:
        sides: The pair, sorted: a verdict has no direction.
        verdict: Clone or not.
        reason: Why; may be empty.
        by: Who said so; may be empty.
        at: When, in seconds since the epoch, UTC.

    Raises:
        UsageError: A value does not fit.
    """

    sides: tuple[Side, Side]
    verdict: Verdict
    reason: str
    by: str
    at: float

    def __post_init__(self) -> None:
        """Check the values, which may come from a file."""
        if self.verdict is Verdict.UNSURE:
            raise UsageError("a precedent says clone or not_clone")
        _require_text("the reason", self.reason, MAX_REASON)
        _require_text("the name of who says so", self.by, MAX_BY)
        if not 0 <= self.at <= _END_OF_TIME:
            raise UsageError("the time is not one between 1970 and 9999")

    @classmethod
    def between(
        cls, first: Side, second: Side, verdict: Verdict, *, reason: str, by: str, at: float
    ) -> Precedent:
        """The precedent about two sides in either order.

        Raises:
            UsageError: A value does not fit.
        """
        low, high = sorted((first, second))
        return cls((low, high), verdict, reason, by, at)

    @property
    def pair(self) -> ContentPair:
        """What it is about; there is one precedent per pair."""
        return frozenset((side.content, side.language) for side in self.sides)


def _require_text(what: str, text: str, most: int) -> None:
    """Refuse what is too long, and the lone surrogates that undecodable words of a command line become."""
    if len(text) > most:
        raise UsageError(f"{what} is longer than {most:,} characters", "shorten it")
    if text.encode("utf-8", "ignore").decode("utf-8") != text:
        raise UsageError(f"{what} is not UTF-8 text", "write it anew")
