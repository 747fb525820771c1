"""The two sides of a case with the files they stand in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from codesearch.core.judge import Case, CaseSide
from codesearch.core.results import Place
from codesearch.core.types import Fragment
from reranker.judge.context.files import File, file_of
from reranker.judge.view.code import safe_name

ReadSource = Callable[[Place], bytes | None]
"""Reads the file at a place as UTF-8 with line feeds; None when it is gone or no longer what was indexed."""

_STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One side of a case.

    Attributes:
        fragment: Its content.
        place: Where it stands; the path is ``-`` when it is in no file.
        name: Its declared name, empty when it has none.
        container: Name of the class or function around it, empty at the top level.
        file: What its file declares; empty when the file cannot be read.
    """

    fragment: Fragment
    place: Place
    name: str
    container: str
    file: File

    @property
    def language(self) -> str:
        """Registry id."""
        return self.fragment.language

    @property
    def label(self) -> str:
        """What a title calls it."""
        names = [safe_name(name) for name in (self.container, self.name) if name]
        return ".".join(names) if self.name else "one fragment"

    def shows(self, place: Place) -> bool:
        """Whether a place overlaps this side, so that its code is shown already."""
        own = self.place
        same_file = (own.corpus, own.path) == (place.corpus, place.path)
        return same_file and own.start_line <= place.end_line and place.start_line <= own.end_line


def sides_of(case: Case, read_source: ReadSource) -> tuple[Side, Side]:
    """Both sides, in an order that does not depend on which of them the case names first."""
    first, second = sorted((case.first, case.second), key=_order)
    return _side(first, read_source), _side(second, read_source)


def whose(sides: Sequence[Side]) -> str:
    """How a title calls one side or both."""
    return sides[0].label if len(sides) == 1 else "both fragments"


def _order(side: CaseSide) -> tuple[bytes, str, str, str, int]:
    place = _place_of(side)
    return side.fragment.exact_key, side.fragment.language, place.corpus, place.path, place.start_line


def _side(side: CaseSide, read_source: ReadSource) -> Side:
    source = side.source
    if source is None and side.place is not None:
        source = read_source(side.place)
    file = file_of(source, side.fragment.language)
    return Side(side.fragment, _place_of(side), side.name, side.container, file)


def _place_of(side: CaseSide) -> Place:
    if side.place is not None:
        return side.place
    lines = side.fragment.tokens.lines
    first, last = (int(lines[0]), int(lines[-1])) if len(lines) else (1, 1)
    return Place("", _STANDARD_INPUT, first, last)
