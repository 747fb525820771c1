"""Code as the pipeline sees it: tokens, fragments and the files they come from.

Token data is columnar (one numpy array per property, no object per token), because every stage works on
millions of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NewType

import numpy as np
from numpy.typing import NDArray

ContentKey = NewType("ContentKey", bytes)
"""16 bytes: BLAKE2b-128 of a fragment's normal form."""

Row = NewType("Row", int)
"""Position of a unique content in the open snapshot, 0-based across all its segments."""

U8 = NDArray[np.uint8]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U16 = NDArray[np.uint16]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]


class TokenKind(IntEnum):
    """What a significant token is; comments and white space are not tokens."""

    IDENTIFIER = 0
    KEYWORD = 1
    NUMBER = 2
    STRING = 3
    OPERATOR = 4


class FragmentKind(StrEnum):
    """What a fragment is cut from."""

    FUNCTION = "function"
    METHOD = "method"
    CONSTRUCTOR = "constructor"
    LAMBDA = "lambda"
    CLASS = "class"
    BLOCK = "block"  # top-level script code
    WINDOW = "window"  # a language without a grammar
    SELECTION = "selection"  # lines that the user named


class Role(StrEnum):
    """What a file is for; everything but ``source`` is kept apart in counts and reports."""

    SOURCE = "source"
    TEST = "test"
    GENERATED = "generated"
    VENDORED = "vendored"
    MINIFIED = "minified"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Distinct tokens, columnar; a token's id is its position here.

    Attributes:
        texts: UTF-8 bytes of each token.
        kinds: uint8 [v], values of :class:`TokenKind`.
        hashes: uint64 [v], BLAKE2b-64 of each text; the same token has the same hash in every vocabulary.
    """

    texts: Sequence[bytes]
    kinds: U8
    hashes: U64


@dataclass(frozen=True, slots=True)
class Tokens:
    """A run of significant tokens.

    Attributes:
        ids: uint32 [n], positions in ``vocabulary``.
        lines: int32 [n], 1-based line on which each token starts, not decreasing.
        indents: int32 [n], column of a token that leads its line at bracket depth 0, -1 for every other
            token; None where layout is not syntax.
        vocabulary: The tokens that the ids name.
    """

    ids: U32
    lines: I32
    indents: I32 | None
    vocabulary: Vocabulary

    def __len__(self) -> int:
        return len(self.ids)

    def cut(self, first: int, last: int) -> Tokens:
        """Tokens ``first`` up to and excluding ``last``; views, nothing is copied."""
        indents = None if self.indents is None else self.indents[first:last]
        return Tokens(self.ids[first:last], self.lines[first:last], indents, self.vocabulary)

    @property
    def hashes(self) -> U64:
        """uint64 [n], the token hashes in order."""
        return self.vocabulary.hashes[self.ids]

    @property
    def kinds(self) -> U8:
        """uint8 [n], the :class:`TokenKind` of each token in order."""
        return self.vocabulary.kinds[self.ids]


@dataclass(frozen=True, slots=True)
class Span:
    """One fragment's place in a parsed source.

    Attributes:
        kind: What it is.
        name: Its declared name, empty when it has none.
        container: Name of the enclosing class or function, empty at the top level.
        start_line: First line, 1-based.
        end_line: Last line, inclusive.
        first: Index of its first token in the source's :class:`Tokens`.
        last: Index after its last token.
    """

    kind: FragmentKind
    name: str
    container: str
    start_line: int
    end_line: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class ParsedSource:
    """A file's tokens and the fragments cut from them (spans by start line, outer before inner).

    Attributes:
        language: Registry id, such as ``java``.
        tokens: All significant tokens but those of imports and package declarations.
        spans: The fragments that pass the minimum size.
        lines: Number of lines of the file.
        damaged: True when the grammar met syntax errors; healthy fragments are still there.
    """

    language: str
    tokens: Tokens
    spans: tuple[Span, ...]
    lines: int
    damaged: bool


@dataclass(frozen=True, slots=True)
class Fragment:
    """A fragment's content, independent of where it stands.

    Attributes:
        language: Registry id.
        tokens: Its significant tokens; lines are those of the place it was read from.
        exact_key: Hash of the T1 form (tokens without comments and layout).
        renamed_key: Hash of the T2 form (identifiers consistently renamed, literals abstracted).
    """

    language: str
    tokens: Tokens
    exact_key: ContentKey
    renamed_key: ContentKey
