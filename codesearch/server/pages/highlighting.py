"""Source lines as markup: coloured by token, control characters visible, differences marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from markupsafe import Markup, escape

from codesearch.report.highlighting import PLAIN, Piece, coloured
from codesearch.report.printable import printable_code

LONGEST_LINE = 1000
"""Characters of a line that are shown: minified code has lines of a megabyte."""
MAX_CHARACTERS = 200_000
"""Longer text stays plain."""
MAX_SECONDS = 0.1
"""Processor time for one text, ten times what 200 lines of code take; what is left then stays plain."""

Marks = Sequence[tuple[int, int]]
"""Ranges of a line's characters, first and past the last, in order and apart from each other."""

_CLASSES = {"k": "k", "c": "c", "s": "s", "n": "m", "f": "nf", "b": "nb"}


def shown_lines(lines: Sequence[str], *, dedented: bool = False) -> list[str]:
    """Lines that are safe to show, tabs as spaces.

    Args:
        lines: As the file has them.
        dedented: Take off the indentation that they share: methods would waste half a narrow column on it.
    """
    shown = [printable_code(line) for line in lines]
    if not dedented:
        return shown
    shared = min((len(line) - len(line.lstrip(" ")) for line in shown if line.strip()), default=0)
    return [line[shared:] for line in shown]


def highlighted_lines(lines: Sequence[str], language: str) -> tuple[Markup, ...]:
    """Lines of a file as markup, one each.

    Args:
        lines: As the file has them; they are lexed as a whole, so that strings over several lines are right.
        language: Registry id.
    """
    return tuple(line_markup(pieces) for pieces in coloured_lines(shown_lines(lines), language))


def coloured_lines(shown: Sequence[str], language: str) -> list[list[Piece]]:
    """The coloured pieces of every line of :func:`shown_lines`."""
    return [list(line) for line in _coloured("\n".join(shown), language)] if shown else []


@lru_cache(maxsize=64)  # a page shows one text beside each of its matches
def _coloured(text: str, language: str) -> tuple[tuple[Piece, ...], ...]:
    long = len(text) > MAX_CHARACTERS
    pieces = [(PLAIN, text)] if long else coloured(text, language, MAX_SECONDS)
    lines: list[list[Piece]] = [[]]
    for colour, value in pieces:
        first, *others = value.split("\n")
        if first:
            lines[-1].append((colour, first))
        lines += ([(colour, other)] if other else [] for other in others)
    return tuple(map(tuple, lines))


def line_markup(pieces: Sequence[Piece], marks: Marks = ()) -> Markup:
    """One line as markup; what is marked is in ``<mark>``, what is over :data:`LONGEST_LINE` is counted."""
    length = sum(len(value) for _, value in pieces)
    parts = list(_parts(pieces, marks))
    if length > LONGEST_LINE:
        more = f"… {length - LONGEST_LINE:,} more characters"
        parts.append(Markup('<span class="cut">{}</span>').format(more))
    return Markup("").join(parts)


def _parts(pieces: Sequence[Piece], marks: Marks) -> Iterator[Markup]:
    """Coloured pieces, cut where a mark begins or ends."""
    cuts = [edge for mark in marks for edge in mark]
    at = done = 0
    for colour, value in pieces:
        end = min(at + len(value), LONGEST_LINE)
        start = at
        while at < end:
            while done < len(cuts) and cuts[done] <= at:
                done += 1
            stop = min(end, cuts[done]) if done < len(cuts) else end
            yield _part(value[at - start : stop - start], colour, marked=done % 2 == 1)
            at = stop


def _part(text: str, colour: str, *, marked: bool) -> Markup:
    part = escape(text)
    if colour != PLAIN:
        part = Markup('<span class="{}">{}</span>').format(_CLASSES[colour], part)
    return Markup("<mark>{}</mark>").format(part) if marked else part
