"""From fragments to the features of each: hashes with owners, all in numpy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Self

import numpy as np

from codesearch.core.types import I64, U32, U64, Fragment, Mask, Vocabulary
from indexer.features.chains import chain_features
from indexer.features.columns import TokenColumns, TokenTable
from indexer.features.control import control_features
from indexer.features.hashing import marker, mixed, runs
from indexer.features.ownership import library_names

FEATURES_VERSION = "concepts-1"

_LONGEST_RUN = 3  # runs of four cost half of the speed and lowered no loss on validation
_BATCH_TOKENS = 1 << 18  # bounds the arrays of a batch to about 100 MB

_PART, _WORD, _CONCEPT = marker("part"), marker("word"), marker("concept")
_STRING_WORD = marker("string word")
_WRITTEN = {length: marker(f"written {length}") for length in (2, 3)}
_MEANING = {length: marker(f"meaning {length}") for length in (2, 3)}

_tokens = TokenTable()


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Features where they occur, with repeats; one entry per occurrence in every array.

    Attributes:
        hashes: uint64 [m].
        owners: int64 [m], position of the fragment.
        lexical: bool [m], a word or literal, which says something even when no training fragment had it.
        own: bool [m], part of a name that the fragment itself gives, which renaming takes away.
    """

    hashes: U64
    owners: I64
    lexical: Mask
    own: Mask

    @classmethod
    def of(cls, hashes: U64, owners: I64, *, lexical: bool = False, own: Mask | None = None) -> Self:
        """Of one family."""
        blank = np.zeros(len(hashes), bool)
        return cls(hashes, owners, np.full(len(hashes), lexical), blank if own is None else own)

    @classmethod
    def join(cls, families: Sequence[Self]) -> Self:
        """Those of several families."""
        names = [field.name for field in fields(cls)]
        return cls(*(np.concatenate([getattr(part, name) for part in families]) for name in names))


def occurrences(fragments: Sequence[Fragment]) -> Iterator[tuple[int, Occurrences]]:
    """Features of consecutive batches of fragments: the number of fragments in each, and what occurs in
    them; ``owners`` count from 0 in every batch.
    """
    for batch in _batches(fragments):
        yield len(batch), _occurrences(batch)


def _batches(fragments: Sequence[Fragment]) -> Iterator[Sequence[Fragment]]:
    """Consecutive runs of fragments of about ``_BATCH_TOKENS`` tokens."""
    if not fragments:
        return
    total = np.cumsum([len(fragment.tokens) for fragment in fragments])
    cuts = np.flatnonzero(np.diff(total // _BATCH_TOKENS)) + 1
    for first, last in pairwise([0, *cuts.tolist(), len(fragments)]):
        yield fragments[first:last]


def _occurrences(fragments: Sequence[Fragment]) -> Occurrences:
    columns, ids = _joined(fragments)
    owners = np.repeat(np.arange(len(fragments)), [len(fragment.tokens) for fragment in fragments])
    library = library_names(columns, ids, owners)
    own = columns.name[ids] & ~library
    meaning = np.where(library, columns.called[ids], columns.meaning[ids])
    written = columns.written[ids]
    loud = ~columns.silent[ids]
    families = [
        *_words(columns, ids, owners, own),
        *(
            Occurrences.of(mixed(hashes, family), holders)
            for stream, holder, markers in (
                (written, owners, _WRITTEN),
                (meaning[loud], owners[loud], _MEANING),
            )
            for length, family in markers.items()
            for hashes, holders in (runs(stream, holder, length),)
        ),
        *(Occurrences.of(*found) for found in chain_features(ids, owners, meaning, own)),
        *(Occurrences.of(*found) for found in control_features(columns, ids, owners)),
    ]
    return Occurrences.join(families)


def _words(columns: TokenColumns, ids: I64, owners: I64, own: Mask) -> Iterator[Occurrences]:
    parts, source = columns.name_parts.gather(ids)
    yield Occurrences.of(mixed(parts, _PART), owners[source], lexical=True, own=own[source])
    plain = ~columns.name[ids]
    yield Occurrences.of(mixed(columns.word[ids[plain]], _WORD), owners[plain], lexical=True)
    known = columns.concept[ids] > 0
    yield Occurrences.of(mixed(columns.concept[ids[known]], _CONCEPT), owners[known])
    words, source = columns.string_words.gather(ids)
    yield Occurrences.of(mixed(words, _STRING_WORD), owners[source], lexical=True)


def _joined(fragments: Sequence[Fragment]) -> tuple[TokenColumns, I64]:
    """Columns of tokens, and the tokens of a batch as positions in them, int64 [n]."""
    streams: dict[int, tuple[Vocabulary, list[U32]]] = {}
    for fragment in fragments:
        vocabulary = fragment.tokens.vocabulary
        streams.setdefault(id(vocabulary), (vocabulary, []))[1].append(fragment.tokens.ids)
    columns, found = _tokens.describe(list(streams.values()))
    positions = dict(zip(streams, found, strict=True))
    ids = [positions[id(fragment.tokens.vocabulary)][fragment.tokens.ids] for fragment in fragments]
    return columns, np.concatenate(ids)
