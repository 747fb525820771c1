"""Collects unique contents and computes the arrays of one segment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from codesearch.core.types import (
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    ContentKey,
    Fragment,
    Tokens,
    Vocabulary,
)
from indexer.normal.keys import blind_hashes
from indexer.normal.subtokens import SubTokens
from indexer.normal.winnow import GRAM, WINDOW, gram_hashes
from indexer.segments.layout import relative_lines
from indexer.segments.numbering import Numbering
from indexer.segments.postings import Postings, term_postings


@dataclass(frozen=True, slots=True)
class SegmentArrays:
    """Everything a segment stores about its contents but their vectors; rows ascend by exact key.

    Attributes:
        exact: uint8 [n, 16], T1 keys.
        renamed: uint8 [n, 16], T2 keys.
        language: uint8 [n], positions in the segment's list of languages.
        token_starts: int64 [n + 1], where each content's tokens begin.
        token_ids: uint32 [t], positions in the segment's vocabulary.
        token_lines: int32 [t], lines relative to the content's first token.
        vocabulary_text: uint8 [b], the distinct tokens one after the other.
        vocabulary_starts: int64 [v + 1].
        vocabulary_kinds: uint8 [v].
        vocabulary_hashes: uint64 [v].
        gram_hashes: uint32 [g], winnowed fingerprints, ascending.
        gram_starts: int64 [g + 1], where each fingerprint's rows begin.
        gram_rows: uint32 [p].
        gram_counts: int32 [n], fingerprints per content.
        term_hashes: uint64 [w], identifier sub-tokens, ascending.
        term_starts: int64 [w + 1].
        term_rows: int32 [q].
        term_counts: uint16 [q], how often the content has the term, at most 65,535.
        term_lengths: int32 [n], sub-tokens per content.
    """

    exact: U8
    renamed: U8
    language: U8
    token_starts: I64
    token_ids: U32
    token_lines: I32
    vocabulary_text: U8
    vocabulary_starts: I64
    vocabulary_kinds: U8
    vocabulary_hashes: U64
    gram_hashes: U32
    gram_starts: I64
    gram_rows: U32
    gram_counts: I32
    term_hashes: U64
    term_starts: I64
    term_rows: I32
    term_counts: U16
    term_lengths: I32


_BLOCK_TOKENS = 1 << 20  # 8 MB per column of hashes

_D = TypeVar("_D", bound=np.generic)

Identity = tuple[ContentKey, str]
"""Key and language, which together name a content; rows of a segment ascend by it."""


class SegmentBuilder:
    """Takes fragments in any order; equal contents are kept once."""

    def __init__(self) -> None:
        self._numbering = Numbering()
        self._fragments: dict[Identity, tuple[Fragment, U32]] = {}
        self._mapping: tuple[Vocabulary | None, U32] = (None, np.empty(0, np.uint32))

    def __len__(self) -> int:
        return len(self._fragments)

    def add(self, fragment: Fragment) -> bool:
        """Keep a content; False if it is here already. Fragments of one file come one after the other."""
        identity = (fragment.exact_key, fragment.language)
        if identity in self._fragments:
            return False
        vocabulary = fragment.tokens.vocabulary
        if self._mapping[0] is not vocabulary:
            self._mapping = (vocabulary, self._numbering.number(vocabulary))
        self._fragments[identity] = (fragment, self._mapping[1][fragment.tokens.ids])
        return True

    def lines(self, identity: Identity) -> I32:
        """int32 [n]: the relative lines of the tokens of a content that was added."""
        return relative_lines(self._fragments[identity][0].tokens.lines)

    def identities(self) -> list[Identity]:
        """Every content, in row order."""
        return sorted(self._fragments)

    def build(
        self, chosen: Sequence[Identity] | None = None
    ) -> tuple[SegmentArrays, list[Fragment], tuple[str, ...]]:
        """The arrays, the fragments in row order (sharing the segment's vocabulary), and the languages.

        The same contents give the same arrays, whatever the order in which they came.

        Args:
            chosen: Contents of the segment in row order; None for all.
        """
        rows = self.identities() if chosen is None else chosen
        languages = tuple(sorted({language for _, language in rows}))
        pairs = [self._fragments[identity] for identity in rows]
        vocabulary, numbers = _used(self._numbering.vocabulary(), [ids for _, ids in pairs])
        fragments = [_rebased(fragment, numbers[ids], vocabulary) for fragment, ids in pairs]
        return segment_arrays(fragments, vocabulary, languages), fragments, languages


def _used(vocabulary: Vocabulary, streams: Sequence[U32]) -> tuple[Vocabulary, U32]:
    """The tokens of a vocabulary that occur in streams of them, in order of their first occurrence, and
    uint32 [v], the new number of each of them.
    """
    ids = _joined(streams, np.uint32)
    first = np.full(len(vocabulary.kinds), len(ids))
    for begin in reversed(range(0, len(ids), _BLOCK_TOKENS)):
        block = ids[begin : begin + _BLOCK_TOKENS]
        # Of several assignments the last one stays, which is that of the first occurrence.
        first[block[::-1]] = np.arange(begin + len(block) - 1, begin - 1, -1)
    kept = np.argsort(first, kind="stable")[: np.count_nonzero(first < len(ids))]
    numbers = np.zeros(len(first), np.uint32)
    numbers[kept] = np.arange(len(kept))
    texts = vocabulary.texts
    return (
        Vocabulary(tuple(texts[n] for n in kept.tolist()), vocabulary.kinds[kept], vocabulary.hashes[kept]),
        numbers,
    )


def _rebased(fragment: Fragment, ids: U32, vocabulary: Vocabulary) -> Fragment:
    """The same content over the segment's vocabulary, lines counted from its first token."""
    lines = relative_lines(fragment.tokens.lines)
    return Fragment(
        fragment.language, Tokens(ids, lines, None, vocabulary), fragment.exact_key, fragment.renamed_key
    )


def segment_arrays(
    fragments: Sequence[Fragment], vocabulary: Vocabulary, languages: Sequence[str]
) -> SegmentArrays:
    """Arrays of fragments that share one vocabulary and come in the order of their keys."""
    starts = _starts([len(fragment.tokens) for fragment in fragments])
    ids = _joined((fragment.tokens.ids for fragment in fragments), np.uint32)
    number: Mapping[str, int] = {language: code for code, language in enumerate(languages)}
    grams = _gram_postings(blind_hashes(vocabulary), ids, starts)
    terms = term_postings(SubTokens.of(vocabulary), ids, starts)
    return SegmentArrays(
        exact=_key_rows([fragment.exact_key for fragment in fragments]),
        renamed=_key_rows([fragment.renamed_key for fragment in fragments]),
        language=np.array([number[fragment.language] for fragment in fragments], np.uint8),
        token_starts=starts,
        token_ids=ids,
        token_lines=_joined((fragment.tokens.lines for fragment in fragments), np.int32),
        vocabulary_text=np.frombuffer(b"".join(vocabulary.texts), np.uint8),
        vocabulary_starts=_starts([len(text) for text in vocabulary.texts]),
        vocabulary_kinds=vocabulary.kinds,
        vocabulary_hashes=vocabulary.hashes,
        gram_hashes=grams.values,
        gram_starts=grams.starts,
        gram_rows=grams.rows,
        gram_counts=np.bincount(grams.rows, minlength=len(fragments)).astype(np.int32),
        term_hashes=terms.terms,
        term_starts=terms.starts,
        term_rows=terms.rows,
        term_counts=terms.counts,
        term_lengths=terms.lengths,
    )


def _gram_postings(blind: U64, ids: U32, starts: I64) -> Postings:
    """Inverted index of the winnowed fingerprints of every content; equals :func:`winnow` row by row.

    Args:
        blind: uint64 [v], blind hash of every token of the vocabulary.
        ids: uint32 [t], tokens of all contents.
        starts: int64 [n + 1], where each content's tokens begin.
    """
    # In blocks: all hashes of a corpus at once were two thirds of the memory of an index run.
    parts = []
    first = 0
    while first < len(starts) - 1:
        last = max(int(np.searchsorted(starts, starts[first] + _BLOCK_TOKENS, "right")) - 1, first + 1)
        cut = starts[first : last + 1]
        values, rows = _block_fingerprints(blind[ids[cut[0] : cut[-1]]], cut - cut[0])
        parts.append(Postings.packed(values, rows + first))
        first = last
    return Postings.of_packed(np.concatenate(parts) if parts else np.empty(0, np.uint64))


def _block_fingerprints(blind: U64, starts: I64) -> tuple[U32, I64]:
    """Fingerprints of consecutive contents with the position of each's content, with repeats."""
    grams = (gram_hashes(blind) >> np.uint64(32)).astype(np.uint32)
    owners = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    span = GRAM + WINDOW - 1
    smallest, first = grams[:0], owners[:0]
    if len(grams) >= WINDOW:
        smallest = sliding_window_view(grams, WINDOW).min(axis=1)
        first = owners[: len(smallest)]
        inside = first == owners[span - 1 : span - 1 + len(smallest)]
        smallest, first = smallest[inside], first[inside]
    short = np.flatnonzero((np.diff(starts) >= GRAM) & (np.diff(starts) < span))
    lone = [grams[starts[row] : starts[row + 1] - GRAM + 1].min() for row in short]
    return np.concatenate((smallest, np.array(lone, np.uint32))), np.concatenate((first, short))


def _starts(counts: Sequence[int]) -> I64:
    return np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))


def _joined(parts: Iterable[NDArray[_D]], dtype: type[_D]) -> NDArray[_D]:
    pieces = list(parts)
    return np.concatenate(pieces).astype(dtype, copy=False) if pieces else np.empty(0, dtype)


def _key_rows(keys: Sequence[bytes]) -> U8:
    """uint8 [n, 16] of 16-byte keys."""
    return np.frombuffer(b"".join(keys), np.uint8).reshape(-1, 16)
