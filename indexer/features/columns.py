"""What each distinct token contributes to features, computed once per vocabulary."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from codesearch.core.types import I64, U64, Mask, TokenKind, Vocabulary
from indexer.features.concepts import concepts
from indexer.features.hashing import marker, text_hash
from indexer.normal.subtokens import split_identifier

NAME, NUMBER, STRING = marker("name"), marker("number"), marker("string")

_AS_WRITTEN = 8  # bytes, quotes included: longer literals rarely come twice, but their values count as words
_SHORT_NUMBER = 4  # digits: these say what code does (0, 1, 10, 26, 1000)
_LONGEST_STRING = 400  # bytes of a string whose words count; what is longer is data
_MOST_WORDS = 40
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

    @classmethod
    def join(cls, several: Sequence[Parts]) -> Parts:
        """Those of several vocabularies, one after the other."""
        offsets = np.cumsum([0] + [len(parts.hashes) for parts in several])
        starts = [parts.starts[:-1] + offset for parts, offset in zip(several, offsets, strict=False)]
        return cls(
            np.concatenate([*starts, offsets[-1:]]), np.concatenate([parts.hashes for parts in several])
        )

    def gather(self, ids: I64) -> tuple[U64, I64]:
        """Hashes of a run of tokens, uint64 [m] in order, and the position of the token of each, int64
        [m].
        """
        counts = self.starts[ids + 1] - self.starts[ids]
        owners = np.repeat(np.arange(len(ids)), counts)
        shifts = self.starts[ids] - (np.cumsum(counts) - counts)
        return self.hashes[np.arange(len(owners)) + shifts[owners]], owners


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
    def of(cls, vocabulary: Vocabulary) -> TokenColumns:
        """Describe every distinct token."""
        texts = vocabulary.texts
        tokens = [_described(texts[row], kind) for row, kind in enumerate(vocabulary.kinds.tolist())]
        count = len(tokens)
        return cls(
            word=np.fromiter((token.word for token in tokens), np.uint64, count),
            concept=np.fromiter((token.concept for token in tokens), np.uint64, count),
            written=np.fromiter((token.written for token in tokens), np.uint64, count),
            meaning=np.fromiter((token.meaning for token in tokens), np.uint64, count),
            called=np.fromiter((token.called for token in tokens), np.uint64, count),
            name=vocabulary.kinds == TokenKind.IDENTIFIER,
            silent=np.fromiter((token.silent for token in tokens), bool, count),
            control=np.fromiter((token.meaning in concepts().control for token in tokens), bool, count),
            opens_call=np.fromiter((texts[row] == b"(" for row in range(count)), bool, count),
            accesses=np.fromiter((texts[row] in _MEMBER_ACCESS for row in range(count)), bool, count),
            declares=np.fromiter((texts[row] in _DECLARES for row in range(count)), bool, count),
            nesting=np.fromiter((_NESTING.get(texts[row], 0) for row in range(count)), np.int64, count),
            name_parts=Parts.of([token.name_parts for token in tokens]),
            string_words=Parts.of([token.string_words for token in tokens]),
        )

    @staticmethod
    def join(several: Sequence[TokenColumns]) -> TokenColumns:
        """Those of several vocabularies, one after the other."""
        if len(several) == 1:
            return several[0]
        joined: dict[str, Any] = {}
        for field in fields(TokenColumns):
            values = [getattr(columns, field.name) for columns in several]
            joined[field.name] = (
                Parts.join(values) if isinstance(values[0], Parts) else np.concatenate(values)
            )
        return TokenColumns(**joined)


class _Described(NamedTuple):
    """A token's share of :class:`TokenColumns`."""

    word: int
    concept: int
    written: int
    meaning: int
    called: int
    silent: bool
    name_parts: tuple[int, ...]
    string_words: tuple[int, ...]


@lru_cache(maxsize=1 << 16)  # about 40 MB when full; vocabularies of different files share most tokens
def _described(text: bytes, kind: int) -> _Described:
    silent = text in concepts().silent
    concept = concepts().hashes.get(text, 0)
    if kind == TokenKind.IDENTIFIER:
        parts = split_identifier(text)
        called = concept or text_hash(b"called " + b"_".join(parts))
        hashes = tuple(map(text_hash, parts))
        return _Described(0, concept, NAME, concept or NAME, called, silent, hashes, ())
    if kind == TokenKind.NUMBER:
        value = _number(text)
        meaning = text_hash(b"number " + value) if len(value) <= _SHORT_NUMBER else NUMBER
        word = text_hash(b"number " + value[:24])
        return _Described(word, 0, _written(text, NUMBER), meaning, meaning, silent, (), ())
    if kind == TokenKind.STRING:
        word = text_hash(b"string " + text.strip(b"\"'`")[:64])
        meaning = word if len(text) <= _AS_WRITTEN else STRING
        return _Described(word, 0, _written(text, STRING), meaning, meaning, silent, (), _words(text))
    word = text_hash(text)
    meaning = concept or word
    return _Described(word, concept, word, meaning, meaning, silent, (), ())


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
