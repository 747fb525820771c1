"""The lexer: a source becomes columns of tokens without a Python-level step per token.

One ``findall`` splits the source, one ``map`` over a dictionary looks the pieces up, and numpy derives
everything
else: a token's place is a cumulative sum of lengths, its line one of line feeds, its nesting one of brackets.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import local

import numpy as np
from numpy.typing import NDArray

from codesearch.core.types import I32, I64, Mask, TokenKind, Tokens
from indexer.parsing.islands import find_islands
from indexer.parsing.languages import Language
from indexer.parsing.patterns import token_patterns
from indexer.parsing.vocabulary import SKIPPED, TAB_WIDTH, PieceTable

_COLON = b":"

_of_thread = local()


@dataclass(frozen=True, slots=True)
class LexedSource:
    """The significant tokens of a source; all arrays have one entry per token.

    Attributes:
        pieces: int64, rows of ``table``.
        starts: int64, offset of the first byte of each token.
        lines: int32, 1-based line of the first byte.
        end_lines: int32, line of the last byte; larger than ``lines`` for strings over several lines.
        indents: int32 as in :class:`~codesearch.core.types.Tokens`; None where layout is not syntax.
        depth: Deepest nesting of brackets.
        line_count: Number of lines of the source; a line feed at the very end opens no further one.
        table: What the pieces are; shared by all sources of the language in this thread.
    """

    pieces: I64
    starts: I64
    lines: I32
    end_lines: I32
    indents: I32 | None
    depth: int
    line_count: int
    table: PieceTable

    def keep(self, kept: Mask) -> LexedSource:
        """Only the tokens that the mask, bool [n], selects."""
        indents = None if self.indents is None else self.indents[kept]
        return LexedSource(
            self.pieces[kept],
            self.starts[kept],
            self.lines[kept],
            self.end_lines[kept],
            indents,
            self.depth,
            self.line_count,
            self.table,
        )

    def tokens(self) -> Tokens:
        """The same tokens with a vocabulary of their own."""
        ids, vocabulary = self.table.compact(self.pieces)
        return Tokens(ids, self.lines, self.indents, vocabulary)


def lex(source: bytes, language: Language) -> LexedSource:
    """Split a source into tokens; comments, white space and documentation strings are left out.

    Any bytes are accepted: what fits no rule of the language becomes an operator of one byte.
    """
    table = _table(language)
    pieces = _split(source, language, table)
    table.flush()
    known = table.columns
    lengths, newlines = known.length[pieces], known.newlines[pieces]
    end_lines = np.cumsum(newlines, dtype=np.int32) + np.int32(1)
    depth = _bracket_depth(known.nesting[pieces])
    kept = np.flatnonzero(known.kind[pieces] != SKIPPED)
    columns = known.column[pieces]
    if len(kept) and kept[0] == 1 and newlines[0] == 0:
        # A pasted method begins with the white space that it had in its class.
        columns[0] = len(source[: lengths[0]].expandtabs(TAB_WIDTH))
    indents = _indents(columns, depth, kept) if language.lexicon.layout else None
    line_count = source.count(b"\n") + (not source.endswith(b"\n") and bool(source))
    lexed = LexedSource(
        pieces=pieces[kept],
        starts=(np.cumsum(lengths, dtype=np.int64) - lengths)[kept],
        lines=(end_lines - newlines)[kept],
        # An open string takes the line feed at the end of a source, behind which there is no line.
        end_lines=np.minimum(end_lines[kept], np.int32(line_count)),
        indents=indents,
        depth=int(depth.max(initial=0)),
        line_count=line_count,
        table=table,
    )
    if language.lexicon.docstrings and indents is not None:
        return lexed.keep(~_docstrings(lexed, indents))
    return lexed


def _table(language: Language) -> PieceTable:
    """The table of this thread for a language, a new one when it is full."""
    tables: dict[str, PieceTable] = _of_thread.__dict__.setdefault("tables", {})
    table = tables.get(language.id)
    if table is None or table.full:
        table = tables[language.id] = PieceTable(language.lexicon)
    return table


def _split(source: bytes, language: Language, table: PieceTable) -> I64:
    """Rows of all pieces of a source, int64, in order and without gaps."""
    patterns = token_patterns(language.lexicon)
    split, look_up = patterns.split.findall, table.__getitem__
    if not language.lexicon.islands:
        pieces = split(source)
        return np.fromiter(map(look_up, pieces), np.int64, len(pieces))
    rows: list[int] = []
    position = 0
    for first, last in find_islands(source, language.lexicon.islands):
        rows.extend(map(look_up, split(source, position, first)))
        rows.append(table.string_row(source[first:last]))
        position = last
    rows.extend(map(look_up, split(source, position)))
    return np.array(rows, np.int64)


def _bracket_depth(nesting: NDArray[np.int8]) -> I32:
    """int32 [n], brackets that are open after each piece; a closing one that nothing opened does not
    count.
    """
    depth = np.cumsum(nesting, dtype=np.int32)
    return depth - np.minimum(np.minimum.accumulate(depth), 0) if len(depth) else depth


def _indents(columns: I32, depth: I32, kept: I64) -> I32:
    """Column of each kept token that leads its line at bracket depth 0, -1 for every other one."""
    leads = np.empty_like(columns)
    leads[1:] = columns[:-1]
    leads[:1] = 0
    before = np.zeros_like(depth)
    before[1:] = depth[:-1]
    return np.where(before == 0, leads, -1)[kept].astype(np.int32)


def _docstrings(lexed: LexedSource, indents: I32) -> Mask:
    """Mask [n] of the strings that stand alone right after a colon or at the start of the file."""
    kinds = lexed.table.columns.kind[lexed.pieces]
    leads = indents >= 0
    alone: Mask = (kinds == TokenKind.STRING) & leads
    alone[:-1] &= leads[1:]
    after_colon = np.zeros_like(alone)
    colon = lexed.table.get(_COLON, -1)
    after_colon[1:] = lexed.pieces[:-1] == colon
    after_colon[:1] = True
    return alone & after_colon
