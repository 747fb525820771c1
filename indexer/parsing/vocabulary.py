"""Vocabularies: what each distinct piece of text is, found out once per language and thread."""

from __future__ import annotations

from dataclasses import dataclass, fields
from hashlib import blake2b
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from codesearch.core.types import I32, I64, U8, U32, U64, TokenKind, Vocabulary
from indexer.parsing.languages import Lexicon
from indexer.parsing.patterns import token_patterns

SKIPPED = 255
"""Kind of comments and white space, beside the values of :class:`~codesearch.core.types.TokenKind`."""

TAB_WIDTH = 8  # what Python itself assumes
_MAX_PIECES = 1 << 15  # about 6 MB; beyond it a new table starts, which knows the frequent pieces soon
_MAX_BYTES = 1 << 22

_GROUP_KINDS = {"string": TokenKind.STRING, "number": TokenKind.NUMBER, None: TokenKind.OPERATOR}
_NESTING = {b"(": 1, b"[": 1, b"{": 1, b")": -1, b"]": -1, b"}": -1}
_Row = tuple[int, int, int, int, int, int]


@dataclass(slots=True)
class Columns:
    """What is known of each piece, by row.

    Separate arrays, because a gather from a record array takes five times as long.

    Attributes:
        kind: uint8, a value of ``TokenKind`` or ``SKIPPED``.
        nesting: int8, 1 for an opening bracket, -1 for a closing one, else 0.
        length: int32, bytes.
        newlines: int32, line feeds in it.
        column: int32, where white space that spans lines leaves the next token, -1 for all else.
        hash: uint64, BLAKE2b-64 of the text, 0 for what is skipped.
    """

    kind: U8
    nesting: NDArray[np.int8]
    length: I32
    newlines: I32
    column: I32
    hash: U64

    @classmethod
    def of(cls, rows: list[_Row]) -> Columns:
        """Columns of these rows."""
        kind, nesting, length, newlines, column, hash_ = zip(*rows, strict=True) if rows else ((),) * 6
        return cls(
            np.array(kind, np.uint8),
            np.array(nesting, np.int8),
            np.array(length, np.int32),
            np.array(newlines, np.int32),
            np.array(column, np.int32),
            np.array(hash_, np.uint64),
        )

    def store(self, first: int, rows: Columns) -> None:
        """Write ``rows`` from position ``first`` on, doubling every column when they do not fit."""
        last = first + len(rows.kind)
        for field in fields(self):
            column = getattr(self, field.name)
            if last > len(column):
                grown = np.zeros(2 * last, column.dtype)
                grown[:first] = column[:first]
                setattr(self, field.name, column := grown)
            column[first:last] = getattr(rows, field.name)


class PieceTable(dict[bytes, int]):
    """Maps each piece of text to a row of columns; a piece is classified when it is first looked up.

    ``map(table.__getitem__, pieces)`` runs without a Python-level loop for pieces that are known. Comments
    get no key: nearly all are met once.

    Attributes:
        texts: The piece of each row, empty for comments and white space.
        columns: What is known of each row, up to date after :meth:`flush`, with spare rows at the end.
    """

    __slots__ = (
        "_classify",
        "_fresh",
        "_lexicon",
        "_skipped",
        "_slots",
        "_stored",
        "_strings",
        "_text_bytes",
        "columns",
        "texts",
    )

    def __init__(self, lexicon: Lexicon) -> None:
        super().__init__()
        self._lexicon = lexicon
        self._classify = token_patterns(lexicon).classify.fullmatch
        self._fresh: list[_Row] = []
        self._stored = 0
        self._strings: dict[bytes, int] = {}
        self._skipped: dict[tuple[int, int, int], int] = {}
        self._slots = np.zeros(0, np.int32)
        self._text_bytes = 0
        self.texts: list[bytes] = []
        self.columns = Columns.of([])

    @property
    def full(self) -> bool:
        """Whether a new table should take over, to bound the memory of a long run."""
        return len(self.texts) > _MAX_PIECES or self._text_bytes > _MAX_BYTES

    def __missing__(self, text: bytes) -> int:
        match = self._classify(text)
        group = match.lastgroup if match else None
        if group == "skip":
            return self._skipped_row(text)
        if group == "word":
            word = text.lower() if self._lexicon.ignore_case else text
            kind = TokenKind.KEYWORD if word in self._lexicon.keywords else TokenKind.IDENTIFIER
        else:
            kind = _GROUP_KINDS[group]
        row = self[text] = self._add_token(text, kind)
        return row

    def string_row(self, text: bytes) -> int:
        """The row of a string literal that only its place shows to be one, such as the body of a heredoc."""
        row = self._strings.get(text)
        if row is None:
            row = self._strings[text] = self._add_token(text, TokenKind.STRING)
        return row

    def flush(self) -> None:
        """Bring the columns up to date with the pieces looked up so far."""
        if self._fresh:
            self.columns.store(self._stored, Columns.of(self._fresh))
            self._stored += len(self._fresh)
            self._fresh.clear()
            if len(self._slots) < self._stored:
                self._slots = np.zeros(len(self.columns.kind), np.int32)

    def compact(self, pieces: I64) -> tuple[U32, Vocabulary]:
        """The ids of a file's tokens in a vocabulary of their own, numbered by first appearance.

        The numbering depends on the file alone, not on what the process read before it.
        """
        # Assignment keeps the last value of a repeated index: going backwards, that is the first appearance.
        order = np.arange(len(pieces), dtype=np.int32)
        self._slots[pieces[::-1]] = order[::-1]
        distinct = pieces[self._slots[pieces] == order]
        self._slots[distinct] = np.arange(len(distinct), dtype=np.int32)
        vocabulary = Vocabulary(
            self._texts_of(distinct), self.columns.kind[distinct], self.columns.hash[distinct]
        )
        return self._slots[pieces].astype(np.uint32), vocabulary

    def _skipped_row(self, text: bytes) -> int:
        """The row of a comment or of white space, shared by all of one shape: nothing else of them counts."""
        newlines = text.count(b"\n")
        column = -1
        blank = text.isspace()
        if blank and newlines:
            column = len(text.rpartition(b"\n")[2].expandtabs(TAB_WIDTH))
        shape = len(text), newlines, column
        row = self._skipped.get(shape)
        if row is None:
            row = self._skipped[shape] = self._add(b"", (SKIPPED, 0, *shape, 0))
        if blank:
            self[text] = row
        return row

    def _add_token(self, text: bytes, kind: TokenKind) -> int:
        digest = int.from_bytes(blake2b(text, digest_size=8).digest(), "little")
        return self._add(text, (kind, _NESTING.get(text, 0), len(text), text.count(b"\n"), -1, digest))

    def _add(self, text: bytes, row: _Row) -> int:
        self.texts.append(text)
        self._text_bytes += len(text)
        self._fresh.append(row)
        return len(self.texts) - 1

    def _texts_of(self, rows: I64) -> tuple[bytes, ...]:
        if len(rows) < 2:  # `itemgetter` of one index gives no tuple
            return tuple(self.texts[row] for row in rows)
        texts: tuple[bytes, ...] = itemgetter(*rows.tolist())(self.texts)
        return texts
