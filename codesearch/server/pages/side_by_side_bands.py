"""The alignment as it is drawn between two panes: bands from lines of the left to lines of the right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from codesearch.core.results import EvidenceKind
from codesearch.report.alignment import Row
from codesearch.server.pages.side_by_side import UNCOMPARED, WORDS, Alignment, Heading, Line, kind_class

LINE = 20
"""Height of a line in pixels; the style sheet has the same."""
WIDTH = 56
"""Pixels between the panes."""
MOST_SPOKEN = 30
"""Bands that are told in words; whoever wants more reads the rows."""

Lines = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Band:
    """Lines that belong together.

    Attributes:
        kind: CSS class.
        left: 0-based first line and the one past the last; an empty range where the other side has more.
        right: Likewise.
        path: Of SVG, while neither pane is scrolled.
        words: Which lines of the files these are, and how they relate.
    """

    kind: str
    left: Lines
    right: Lines
    path: str
    words: str


@dataclass(frozen=True, slots=True)
class PaneLine:
    """A line of a pane; ``kind`` is that of its row."""

    line: Line
    kind: str


@dataclass(frozen=True, slots=True)
class Pane:
    """All lines of one side."""

    heading: Heading
    lines: tuple[PaneLine, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """What ``parts/panes.html`` shows.

    Attributes:
        panes: Left and right.
        bands: From the top down.
        width: Pixels between the panes.
        height: Pixels of the longer side.
        silent: Bands that :attr:`spoken` leaves out.
    """

    panes: tuple[Pane, Pane]
    bands: tuple[Band, ...]
    width: int
    height: int

    @property
    def spoken(self) -> Sequence[Band]:
        """The bands that are told in words."""
        return self.bands[:MOST_SPOKEN]

    @property
    def silent(self) -> int:
        """How many are not."""
        return max(0, len(self.bands) - MOST_SPOKEN)


def drawn(alignment: Alignment) -> Drawing:
    """An alignment as two panes with bands between them."""
    kinds: tuple[dict[int, str], dict[int, str]] = {}, {}
    for row in alignment.rows:
        for of_side, offset in zip(kinds, (row.left, row.right), strict=True):
            if offset is not None:
                of_side[offset] = kind_class(row.kind)
    left, right = (
        Pane(
            heading,
            tuple(PaneLine(line, of_side.get(n, UNCOMPARED)) for n, line in enumerate(lines)),
        )
        for heading, lines, of_side in zip(alignment.sides, alignment.lines, kinds, strict=True)
    )
    height = LINE * max(len(left.lines), len(right.lines))
    return Drawing((left, right), tuple(_bands(alignment)), WIDTH, height)


def _bands(alignment: Alignment) -> Iterator[Band]:
    for kind, left, right in _runs(alignment.rows):
        if kind is not None:
            yield Band(
                kind_class(kind), left, right, _path(left, right), _words(alignment, kind, left, right)
            )


def _runs(rows: Sequence[Row]) -> Iterator[tuple[EvidenceKind | None, Lines, Lines]]:
    """Rows of one kind that go on alike, with their lines; a side without any has an empty range after the
    lines before it.
    """
    at = [0, 0]
    for kind, group in groupby(rows, key=lambda row: row.kind):
        for run in _contiguous(list(group)):
            spans: list[Lines] = []
            for side, offsets in enumerate(([row.left for row in run], [row.right for row in run])):
                there = [offset for offset in offsets if offset is not None]
                span = (min(there), max(there) + 1) if there else (at[side], at[side])
                at[side] = span[1]
                spans.append(span)
            yield kind, spans[0], spans[1]


def _contiguous(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Rows split where a side skips lines or goes back."""
    run: list[Row] = []
    last: list[int | None] = [None, None]
    for row in rows:
        offsets = (row.left, row.right)
        jumps = any(
            offset is not None and before is not None and offset != before + 1
            for offset, before in zip(offsets, last, strict=True)
        )
        if jumps:
            yield run
            run, last = [], [None, None]
        run.append(row)
        last = [before if offset is None else offset for offset, before in zip(offsets, last, strict=True)]
    if run:
        yield run


def _path(left: Lines, right: Lines) -> str:
    """A band as an SVG path: level where it leaves a pane, curved between."""
    (top, bottom), (other_top, other_bottom) = ((LINE * edge for edge in lines) for lines in (left, right))
    middle = WIDTH // 2
    return (
        f"M0 {top}C{middle} {top} {middle} {other_top} {WIDTH} {other_top}"
        f"V{other_bottom}C{middle} {other_bottom} {middle} {bottom} 0 {bottom}Z"
    )


def _words(alignment: Alignment, kind: EvidenceKind, left: Lines, right: Lines) -> str:
    ours, theirs = (_named(lines, span) for lines, span in zip(alignment.lines, (left, right), strict=True))
    if ours and theirs:
        return f"left {ours} and right {theirs}: {WORDS[kind]}"
    return f"left {ours}: {WORDS[kind]}" if ours else f"right {theirs}: {WORDS[kind]}"


def _named(lines: Sequence[Line], span: Lines) -> str:
    if span[0] == span[1]:
        return ""
    first, last = lines[span[0]].number, lines[span[1] - 1].number
    return f"line {first}" if first == last else f"lines {first} to {last}"
