"""What each distinct token contributes to features, computed once per token and process."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import islice
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from codesearch.core.types import I64, U32, U64, Mask, TokenKind, Vocabulary
from indexer.features.concepts import concepts
from indexer.features.hashing import marker, text_hash
from indexer.normal.compressed import entries_of
from indexer.normal.subtokens import split_identifier

NAME, NUMBER, STRING = marker("name"), marker("number"), marker("string")

_AS_WRITTEN = 8  # bytes, quotes included: longer literals rarely come twice, but their values count as words
_SHORT_NUMBER = 4  # digits: these say what code does (0, 1, 10, 26, 1000)
_LONGEST_STRING = 400  # bytes of a string whose words count; what is longer is data
_MOST_WORDS = 40
_MOST_TOKENS = 1 << 17  # about 60 MB of columns and texts; then the table begins anew
# What it may hold for calls of some hundred tokens, which are cheap to describe again.
_FEW_TOKENS = 1 << 13
_NUMBER_SUFFIX = re.compile(rb"[lLuUfFdDn_]+$")
_REAL = re.compile(rb"[.eE]")

_NESTING = {b"{": 1, b"}": -1}
_MEMBER_ACCESS = frozenset((b".", b"->", b"::", b"?.", b"!!.", b"&."))
_DECLARES = frozenset(
    b"def fn func fun function class struct sub void int long double float char bool boolean string String "
    b"auto short unsigned * & > ]".split()
)


@dataclass(frozen=True, slots=True)
class Parts:
    """Several hashes per token, in compressed-row form.

    Attributes:
        starts: int64 [v + 1].
        hashes: uint64 [p].
    """

    starts: I64
    hashes: U64

    @classmethod
    def of(cls, lists: Sequence[tuple[int, ...]]) -> Parts:
        """From one tuple per token."""
        counts = np.fromiter(map(len, lists), np.int64, len(lists))
        flat = np.array([part for parts in lists for part in parts], np.uint64)
        return cls(np.concatenate(([0], np.cumsum(counts))), flat)

    def grown(self, more: Parts) -> Parts:
        """These, then those of more tokens; see :func:`_grown`."""
        starts = more.starts[1:] + len(self.hashes)
        return Parts(_grown(self.starts, starts), _grown(self.hashes, more.hashes))

    def gather(self, ids: I64) -> tuple[U64, I64]:
        """Hashes of a run of tokens, uint64 [m] in order, and the position of the token of each, int64
        [m].
        """
        places, owners = entries_of(self.starts, ids)
        return self.hashes[places], owners


@dataclass(frozen=True, slots=True)
class TokenColumns:
    """One entry per distinct token in every array.

    Attributes:
        word: uint64, hash of its value; 0 for names.
        concept: uint64, hash of its concept; 0 where it has none.
        written: uint64, what stands for it in a stream of tokens as written, names blind.
        meaning: uint64, what stands for it in a stream of meaning.
        called: uint64, likewise for a name that is called or a member.
        name: bool, identifiers.
        silent: bool, left out of streams of meaning.
        control: bool, steers control flow.
        opens_call: bool, the opening parenthesis.
        accesses: bool, stands before a member.
        declares: bool, a name and a parenthesis after it declare a function.
        nesting: int64, +1 for an opening brace, -1 for a closing one.
        name_parts: Sub-tokens of names.
        string_words: Words in strings.
    """

    word: U64
    concept: U64
    written: U64
    meaning: U64
    called: U64
    name: Mask
    silent: Mask
    control: Mask
    opens_call: Mask
    accesses: Mask
    declares: Mask
    nesting: NDArray[np.int64]
    name_parts: Parts
    string_words: Parts

    @classmethod
    def of(cls, tokens: Sequence[tuple[bytes, int]]) -> TokenColumns:
        """Describe tokens, given as text and kind."""
        described = [_described(text, kind) for text, kind in tokens]
        texts = [text for text, _ in tokens]
        steers = concepts().control
        return cls(
            word=np.array([token.word for token in described], np.uint64),
            concept=np.array([token.concept for token in described], np.uint64),
            written=np.array([token.written for token in described], np.uint64),
            meaning=np.array([token.meaning for token in described], np.uint64),
            called=np.array([token.called for token in described], np.uint64),
            name=np.array([kind == TokenKind.IDENTIFIER for _, kind in tokens], bool),
            silent=np.array([text in concepts().silent for text in texts], bool),
            control=np.array([token.meaning in steers for token in described], bool),
            opens_call=np.array([text == b"(" for text in texts], bool),
            accesses=np.array([text in _MEMBER_ACCESS for text in texts], bool),
            declares=np.array([text in _DECLARES for text in texts], bool),
            nesting=np.array([_NESTING.get(text, 0) for text in texts], np.int64),
            name_parts=Parts.of([token.name_parts for token in described]),
            string_words=Parts.of([token.string_words for token in described]),
        )

    def grown(self, more: TokenColumns) -> TokenColumns:
        """These, then those of more tokens; see :func:`_grown`."""
        grown: dict[str, Any] = {}
        for field in fields(self):
            held, new = getattr(self, field.name), getattr(more, field.name)
            grown[field.name] = held.grown(new) if isinstance(held, Parts) else _grown(held, new)
        return TokenColumns(**grown)


def _grown(held: NDArray[Any], more: NDArray[Any]) -> NDArray[Any]:
    """``held``, then ``more``, at a cost that does not depend on how much is held: it was made here as well,
    with room behind it. ``held`` stays as it is and is not to be grown again.
    """
    length = len(held) + len(more)
    room = held.base
    if not isinstance(room, np.ndarray) or len(room) < length:
        room = np.empty(max(2 * length, 256), held.dtype)
        room[: len(held)] = held
    room[len(held) : length] = more
    return room[:length]


class TokenTable:
    """Columns of every token that this process met, so that none is described twice.

    Vocabularies of different files share most of their tokens. A full table begins anew. It is full late for
    an indexer, which describes thousands of fragments a call, and early for a server, whose memory shall not
    grow with what it was asked. Threads may share a table.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._begin()

    def _begin(self) -> None:
        self._columns = TokenColumns.of([])
        self._rows: dict[tuple[bytes, int], int] = {}

    def describe(self, streams: Sequence[tuple[Vocabulary, Sequence[U32]]]) -> tuple[TokenColumns, list[I64]]:
        """Columns, and for each vocabulary the position in them of every token that is used, int64 [v].

        Args:
            streams: Vocabularies, each with the runs of ids that use it; other tokens cost nothing, because
                the vocabulary of a segment is thousands of times that of a fragment.
        """
        with self._lock:
            asked = sum(len(ids) for _, runs in streams for ids in runs)
            if len(self._rows) > min(max(_FEW_TOKENS, asked), _MOST_TOKENS):
                self._begin()
            # Not of _rows: what an interrupted call left is described now.
            first_new = len(self._columns.word)
            rows = [self._positions(vocabulary, runs) for vocabulary, runs in streams]
            # From its end: to step over all that is known took longer than the rest.
            fresh = list(islice(reversed(self._rows), len(self._rows) - first_new))[::-1]
            if fresh:
                self._columns = self._columns.grown(TokenColumns.of(fresh))
            return self._columns, rows

    def _positions(self, vocabulary: Vocabulary, runs: Sequence[U32]) -> I64:
        used = np.zeros(len(vocabulary.kinds), bool)
        for ids in runs:
            used[ids] = True
        known, texts = self._rows, vocabulary.texts
        chosen = np.flatnonzero(used)
        tokens = zip(map(texts.__getitem__, chosen.tolist()), vocabulary.kinds[chosen].tolist(), strict=True)
        positions = np.zeros(len(used), np.int64)
        positions[chosen] = np.fromiter(
            (known.setdefault(token, len(known)) for token in tokens), np.int64, len(chosen)
        )
        return positions


class _Described(NamedTuple):
    """A token's share of :class:`TokenColumns`."""

    word: int
    concept: int
    written: int
    meaning: int
    called: int
    name_parts: tuple[int, ...]
    string_words: tuple[int, ...]


def _described(text: bytes, kind: int) -> _Described:
    concept = concepts().hashes.get(text, 0)
    if kind == TokenKind.IDENTIFIER:
        parts = split_identifier(text)
        called = concept or text_hash(b"called " + b"_".join(parts))
        hashes = tuple(map(text_hash, parts))
        return _Described(0, concept, NAME, concept or NAME, called, hashes, ())
    if kind == TokenKind.NUMBER:
        value = _number(text)
        meaning = text_hash(b"number " + value) if len(value) <= _SHORT_NUMBER else NUMBER
        word = text_hash(b"number " + value[:24])
        return _Described(word, 0, _written(text, NUMBER), meaning, meaning, (), ())
    if kind == TokenKind.STRING:
        word = text_hash(b"string " + text.strip(b"\"'`")[:64])
        meaning = word if len(text) <= _AS_WRITTEN else STRING
        return _Described(word, 0, _written(text, STRING), meaning, meaning, (), _words(text))
    word = text_hash(text)
    meaning = concept or word
    return _Described(word, concept, word, meaning, meaning, (), ())


def _written(literal: bytes, long: int) -> int:
    return text_hash(literal) if len(literal) <= _AS_WRITTEN else long


def _number(text: bytes) -> bytes:
    """The value of a numeric literal in one spelling: ``10L`` is ``10``, ``0x0A`` too, ``1e3`` is
    ``1000.0``.
    """
    digits = text.replace(b"_", b"")
    hexadecimal = digits[:2].lower() == b"0x"
    bare = digits if hexadecimal else _NUMBER_SUFFIX.sub(b"", digits) or digits
    try:
        if _REAL.search(bare) and not hexadecimal:
            return repr(float(bare)).encode()
        return b"%d" % int(bare, 0)
    except ValueError:  # a spelling that Python does not read, such as 0777 or 1_i32
        return bare


def _words(string: bytes) -> tuple[int, ...]:
    parts = [part for part in split_identifier(string[:_LONGEST_STRING]) if len(part) > 1]
    return tuple(text_hash(b"word " + part) for part in parts[:_MOST_WORDS])
