"""Printing matches for a person: where their lines come from, and which files the links open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from codesearch.cli.options import Invocation
from codesearch.cli.output import results_console
from codesearch.core.results import Place, QueryResult
from codesearch.query.source import Source
from codesearch.report.text import TextOptions, render_query
from indexer.corpus.decode import decode
from indexer.corpus.names import system_path
from indexer.corpus.opening import CannotRead, read_regular

_SHOWN_BYTES = 64 << 20  # a file that was indexed is smaller; one that has grown beyond is not shown


def print_matches(
    invocation: Invocation,
    result: QueryResult,
    roots: Mapping[str, Path],
    source: Source | None,
    packed: Callable[[Place], bytes | None] | None = None,
) -> None:
    """Print a query's matches; with the lines of both sides where ``source`` is given.

    Args:
        invocation: How to print.
        result: What was found.
        roots: Folder of every corpus by name.
        source: What was asked about.
        packed: Gives the text of files of packs, None of what is in none.
    """

    def locate(place: Place) -> Path | None:
        root = roots.get(place.corpus)
        return None if root is None else root / system_path(place.path)

    def lines_of(place: Place) -> Sequence[str] | None:
        if not place.corpus and source is not None:
            return _cut(source.lines, place)
        if (path := locate(place)) is not None:
            return _cut(_read_lines(path), place)
        text = None if packed is None else packed(place)
        return None if text is None else _cut(text.decode("utf-8", "replace").split("\n"), place)

    options = TextOptions(
        everything=invocation.verbose > 0,
        lines_of=lines_of if source is not None else None,
        locate=locate,
        here=Path.cwd(),
    )
    results_console(invocation).print(render_query(result, options), crop=False)


def print_comparison(invocation: Invocation, result: QueryResult, sides: Sequence[Source] | None) -> None:
    """Print how two sources compare; with their lines where ``sides`` are given."""

    def lines_of(place: Place) -> Sequence[str] | None:
        source = next((side for side in sides or () if side.path == place.path), None)
        return None if source is None else _cut(source.lines, place)

    options = TextOptions(everything=True, lines_of=lines_of if sides else None)
    results_console(invocation).print(render_query(result, options), crop=False)


def _read_lines(path: Path) -> Sequence[str] | None:
    """Lines of a file as it is now; None when it is gone or no text any more."""
    try:
        return decode(read_regular(path, _SHOWN_BYTES).content).text.decode("utf-8", "replace").split("\n")
    except CannotRead:
        return None


def _cut(lines: Sequence[str] | None, place: Place) -> Sequence[str] | None:
    return None if lines is None else lines[place.start_line - 1 : place.end_line]
