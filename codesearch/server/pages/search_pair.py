"""One pair of an answer: what an address says of it, and both sides beside each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from codesearch.core.errors import InputError
from codesearch.core.results import Evidence, EvidenceKind, Place
from codesearch.query.source import Source
from codesearch.server.pages.addresses import place_address
from codesearch.server.pages.side_by_side import Limits, SideBySide, Text, side_by_side
from codesearch.serving.live_index import LiveIndex
from codesearch.serving.sources import SNIPPET, Named

MOST_ROWS = 1_000
"""Rows of evidence in one address; what the engine gives has at most one per line shown."""
_LIMITS = Limits(rows=200)

_LETTERS: Mapping[EvidenceKind, str] = {
    EvidenceKind.EQUAL: "e",
    EvidenceKind.RENAMED: "r",
    EvidenceKind.CHANGED: "c",
    EvidenceKind.ADDED: "a",
    EvidenceKind.REMOVED: "d",
    EvidenceKind.CITED: "j",
}
_KINDS = {letter: kind for kind, letter in _LETTERS.items()}
_RANGE = r"(?:([0-9]{1,9})-([0-9]{1,9}))?"
_ROW = re.compile(rf"([{''.join(_KINDS)}]){_RANGE}~{_RANGE}")

Lines = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Pair:
    """A fragment that was searched for and a place where it was found.

    Attributes:
        lines: Of the fragment, in the code that was searched for.
        language: Registry id of the fragment.
        place: The match.
        match_language: Registry id of the match.
        evidence: Lines that belong together.
    """

    lines: Lines
    language: str
    place: Place
    match_language: str
    evidence: tuple[Evidence, ...]

    @property
    def query(self) -> str:
        """The pair as parameters of an address, from which :func:`read_pair` makes it again."""
        values = {
            "lines": _range_text(self.lines),
            "language": self.language,
            "corpus": self.place.corpus,
            "path": self.place.path,
            "at": _range_text(_span(self.place)),
            "match_language": self.match_language,
            "rows": ".".join(_row_text(row) for row in self.evidence),
        }
        return urlencode(values, errors="replace")

    def named(self, code: str, path: str) -> tuple[Named, Named]:
        """Both sides as requests name them.

        Args:
            code: What was searched for.
            path: The indexed file that was searched for instead; empty for none.
        """
        lines = _range_text(self.lines)
        ours = Named("", path, lines, "") if path else Named(code, "", lines, self.language)
        return ours, Named("", f"{self.place.corpus}/{self.place.path}", _range_text(_span(self.place)), "")


def read_pair(values: Mapping[str, str]) -> Pair:
    """The pair that the parameters of an address name.

    Raises:
        InputError: They name none.
    """
    first, last = _lines(values.get("at", ""))
    return Pair(
        lines=_lines(values.get("lines", "")),
        language=values.get("language", ""),
        place=Place(values.get("corpus", ""), values.get("path", ""), first, last),
        match_language=values.get("match_language", ""),
        evidence=tuple(_rows(values.get("rows", ""))),
    )


def aligned_pair(index: LiveIndex, source: Source, pair: Pair) -> SideBySide | None:
    """Both sides; None when the source of the match is gone.

    Args:
        index: Has the match.
        source: What was searched for.
        pair: Which lines of it, and the match.

    Raises:
        IndexFailure: There is no index.
    """
    found = index.files().lines(pair.place)
    if not found:
        return None
    first, last = pair.lines
    title = "your code" if source.path == SNIPPET else source.path
    left = Text(source.lines[first - 1 : last], first, pair.language, f"{title}:{first}-{last}")
    right = Text(
        found, pair.place.start_line, pair.match_language, place_title(pair.place), place_address(pair.place)
    )
    return side_by_side(left, right, pair.evidence, _LIMITS)


def place_title(place: Place) -> str:
    """Such as ``src/io.py:10-31``."""
    return f"{place.path}:{place.start_line}-{place.end_line}"


def _span(place: Place) -> Lines:
    return place.start_line, place.end_line


def _row_text(row: Evidence) -> str:
    return f"{_LETTERS[row.kind]}{_range_text(row.query_lines)}~{_range_text(row.match_lines)}"


def _range_text(lines: Lines | None) -> str:
    return "" if lines is None else f"{lines[0]}-{lines[1]}"


def _rows(text: str) -> Iterator[Evidence]:
    rows = text.split(".") if text else []
    if len(rows) > MOST_ROWS:
        raise InputError("the pair has too many rows", "search again")
    for row in rows:
        found = _ROW.fullmatch(row)
        if found is None:
            raise InputError("no such pair", "search again")
        yield Evidence(_KINDS[found[1]], _ends(found[2], found[3]), _ends(found[4], found[5]))


def _ends(first: str | None, last: str | None) -> Lines | None:
    if first is None or last is None:
        return None
    if not 1 <= int(first) <= int(last):
        raise InputError("no such pair", "search again")
    return int(first), int(last)


def _lines(text: str) -> Lines:
    found = re.fullmatch(_RANGE, text)
    ends = None if found is None else _ends(found[1], found[2])
    if ends is None:
        raise InputError("a pair needs the lines of both sides", "search again")
    return ends
