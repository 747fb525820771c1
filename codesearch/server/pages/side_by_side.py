"""Two fragments beside each other: which lines belong together, and how they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from codesearch.core.results import Evidence, EvidenceKind
from codesearch.report.alignment import Row, Side, aligned_rows, identical_rows
from codesearch.report.side_by_side import SIGNS
from codesearch.server.pages.highlighting import (
    LONGEST_LINE,
    Marks,
    coloured_lines,
    line_markup,
    shown_lines,
)
from codesearch.server.pages.side_by_side_pairing import refined_rows
from codesearch.server.pages.side_by_side_words import differing_words

UNCOMPARED = "uncompared"
UNCOMPARED_SIGN = "·"
WORDS: Mapping[EvidenceKind | None, str] = {
    EvidenceKind.EQUAL: "equal",
    EvidenceKind.RENAMED: "renamed",
    EvidenceKind.CHANGED: "changed",
    EvidenceKind.ADDED: "only right",
    EvidenceKind.REMOVED: "only left",
    EvidenceKind.CITED: "named by the judge",
    None: "not compared",
}
CONTEXT = 3
"""Equal lines that stay open on either side of a fold."""
LEAST_FOLDED = 8
"""Equal lines that are worth a fold: fewer are read faster than opened."""

MOST_LINES = 2000
"""Lines of a side that are aligned; more are counted as left out."""

_MARKED = {EvidenceKind.RENAMED, EvidenceKind.CHANGED}


@dataclass(frozen=True, slots=True)
class Text:
    """One side as it is in its file.

    Attributes:
        lines: Without line ends, otherwise untouched.
        start_line: 1-based number of the first of them.
        language: Registry id.
        title: Heading, such as ``src/io.py:10-31``.
        href: Where the heading leads; empty for nowhere.
    """

    lines: Sequence[str]
    start_line: int
    language: str
    title: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is shown.

    Attributes:
        rows: Rows of both sides together, folded ones too.
        characters: Characters of those rows.
        fold: Fold long runs of equal lines.
    """

    rows: int = 400
    characters: int = 60_000
    fold: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its 1-based number."""

    number: int
    code: Markup


@dataclass(frozen=True, slots=True)
class ShownRow:
    """Lines beside each other; None on the side that has nothing.

    Attributes:
        kind: Of the evidence, or :data:`UNCOMPARED`; names a CSS class.
        sign: One character, which says the same without colour.
        words: The same for who hears the page.
        left: Line of the left side.
        right: Line of the right side.
        same: Both lines have the same text, so that a narrow page needs only one.
    """

    kind: str
    sign: str
    words: str
    left: Line | None
    right: Line | None
    same: bool


@dataclass(frozen=True, slots=True)
class Block:
    """Rows in order, which are hidden at first when ``folded``."""

    rows: tuple[ShownRow, ...]
    folded: bool


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A kind of rows and how many there are, those left out too."""

    kind: str
    sign: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class Heading:
    """What a side is called: its title, where that leads, and its language."""

    title: str
    href: str
    language: str


@dataclass(frozen=True, slots=True)
class SideBySide:
    """What ``parts/side_by_side.html`` shows.

    Attributes:
        left: Heading of the left side.
        right: Heading of the right side.
        blocks: Rows in order, in turns open and folded.
        left_out: Rows over the limits.
        legend: Kinds that occur, blank lines not counted.
    """

    left: Heading
    right: Heading
    blocks: tuple[Block, ...]
    left_out: int
    legend: tuple[LegendEntry, ...]

    @property
    def summary(self) -> str:
        """``41 equal, 3 renamed, 1 only right``, in lines."""
        counts = [f"{entry.count} {entry.words}" for entry in self.legend]
        return ", ".join(counts)


@dataclass(frozen=True, slots=True)
class Alignment:
    """Both sides ready to be shown, and which lines belong together.

    Attributes:
        sides: The headings, left and right.
        lines: All lines of the left and of the right side.
        texts: Their text as shown.
        rows: Every line once, as 0-based offsets into ``lines``.
        left_out: Lines of the longer side beyond :data:`MOST_LINES`.
    """

    sides: tuple[Heading, Heading]
    lines: tuple[Sequence[Line], Sequence[Line]]
    texts: tuple[Sequence[str], Sequence[str]]
    rows: Sequence[Row]
    left_out: int


def side_by_side(
    left: Text, right: Text, evidence: Sequence[Evidence], limits: Limits = Limits()
) -> SideBySide:
    """Two fragments in aligned rows.

    Args:
        left: The query.
        right: The match.
        evidence: Its query lines are those of ``left``; texts that are equal need none.
        limits: What is over them is counted, not shown.
    """
    return in_rows(align(left, right, evidence), limits)


def align(left: Text, right: Text, evidence: Sequence[Evidence]) -> Alignment:
    """Both sides coloured, with the words marked that differ within changed and renamed lines."""
    ours, theirs = (shown_lines(side.lines[:MOST_LINES], dedented=True) for side in (left, right))
    texts = ours, theirs
    if not evidence and texts[0] == texts[1]:
        rows = identical_rows(len(texts[0]))
    else:
        sides = Side(left.start_line, len(texts[0])), Side(right.start_line, len(texts[1]))
        rows = refined_rows(aligned_rows(evidence, *sides), *texts)
    marks = _marks(rows, texts)
    return Alignment(
        sides=(_heading(left), _heading(right)),
        lines=(_lines(left, texts[0], marks[0]), _lines(right, texts[1], marks[1])),
        texts=texts,
        rows=rows,
        left_out=max(0, len(left.lines) - MOST_LINES, len(right.lines) - MOST_LINES),
    )


def in_rows(alignment: Alignment, limits: Limits) -> SideBySide:
    """The rows of an alignment, long runs of equal ones folded."""
    shown = _within(alignment, limits)
    rows = [_shown_row(row, alignment) for row in alignment.rows[:shown]]
    return SideBySide(
        left=alignment.sides[0],
        right=alignment.sides[1],
        blocks=tuple(_blocks(rows)) if limits.fold else (Block(tuple(rows), folded=False),),
        left_out=len(alignment.rows) - shown + alignment.left_out,
        legend=_legend(alignment),
    )


def _heading(text: Text) -> Heading:
    return Heading(text.title, text.href, text.language)


def _lines(text: Text, shown: Sequence[str], marks: Mapping[int, Marks]) -> list[Line]:
    return [
        Line(text.start_line + offset, line_markup(pieces, marks.get(offset, ())))
        for offset, pieces in enumerate(coloured_lines(shown, text.language))
    ]


def _marks(
    rows: Sequence[Row], texts: tuple[Sequence[str], Sequence[str]]
) -> tuple[dict[int, Marks], dict[int, Marks]]:
    """Differing words of both sides by offset of their line."""
    left: dict[int, Marks] = {}
    right: dict[int, Marks] = {}
    for row in rows:
        if row.kind in _MARKED and row.left is not None and row.right is not None:
            left[row.left], right[row.right] = differing_words(texts[0][row.left], texts[1][row.right])
    return left, right


def _within(alignment: Alignment, limits: Limits) -> int:
    """How many rows from the first are within the limits; one at least."""
    room = limits.characters
    for position, row in enumerate(alignment.rows[: limits.rows]):
        offsets = zip((row.left, row.right), alignment.texts, strict=True)
        room -= sum(min(len(texts[offset]), LONGEST_LINE) for offset, texts in offsets if offset is not None)
        if room < 0:
            return max(position, 1)
    return min(len(alignment.rows), limits.rows)


def _shown_row(row: Row, alignment: Alignment) -> ShownRow:
    left, right = (
        None if offset is None else lines[offset]
        for offset, lines in zip((row.left, row.right), alignment.lines, strict=True)
    )
    same = (
        row.left is not None
        and row.right is not None
        and alignment.texts[0][row.left].strip() == alignment.texts[1][row.right].strip()
    )
    return ShownRow(kind_class(row.kind), sign_of(row.kind), WORDS[row.kind], left, right, same)


def kind_class(kind: EvidenceKind | None) -> str:
    """CSS class of a kind of rows."""
    return UNCOMPARED if kind is None else str(kind)


def sign_of(kind: EvidenceKind | None) -> str:
    """The sign that terminals and pages share."""
    return UNCOMPARED_SIGN if kind is None else SIGNS[kind][0]


def _blocks(rows: Sequence[ShownRow]) -> Iterator[Block]:
    """Runs of open rows and the folds between them."""
    waiting: list[ShownRow] = []
    for equal, group in groupby(rows, key=lambda row: row.kind == EvidenceKind.EQUAL):
        run = list(group)
        if not equal or len(run) < LEAST_FOLDED + 2 * CONTEXT:
            waiting += run
            continue
        yield Block((*waiting, *run[:CONTEXT]), folded=False)
        yield Block(tuple(run[CONTEXT:-CONTEXT]), folded=True)
        waiting = run[-CONTEXT:]
    if waiting:
        yield Block(tuple(waiting), folded=False)


def _legend(alignment: Alignment) -> tuple[LegendEntry, ...]:
    counts = Counter(row.kind for row in alignment.rows if not _is_blank(row, alignment))
    return tuple(
        LegendEntry(kind_class(kind), sign_of(kind), words, counts[kind])
        for kind, words in WORDS.items()
        if counts[kind]
    )


def _is_blank(row: Row, alignment: Alignment) -> bool:
    offsets = zip((row.left, row.right), alignment.texts, strict=True)
    return not any(texts[offset].strip() for offset, texts in offsets if offset is not None)
