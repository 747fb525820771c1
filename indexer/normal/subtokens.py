"""Identifier sub-tokens: ``readHTTPBody_v2`` is read, http, body, v, 2."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from codesearch.core.types import I64, U64, TokenKind, Tokens, Vocabulary
from indexer.normal.compressed import entries_of

_PARTS = re.compile(rb"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[\x80-\xff]+")


def split_identifier(text: bytes) -> list[bytes]:
    """Lower-cased parts of a name in order; an upper-case run is one part, its last letter starts the next
    word.
    """
    return [part.lower() for part in _PARTS.findall(text)]


@dataclass(frozen=True, slots=True)
class SubTokens:
    """Parts of every token of a vocabulary, in compressed-row form.

    Attributes:
        starts: int64 [v + 1], where each token's parts begin in ``hashes``; identifiers only, others have
            none.
        hashes: uint64 [p], BLAKE2b-64 of each part.
    """

    starts: I64
    hashes: U64

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> SubTokens:
        """Split every identifier of a vocabulary."""
        counts = np.zeros(len(vocabulary.texts), np.int64)
        hashes: list[int] = []
        for token in np.flatnonzero(vocabulary.kinds == TokenKind.IDENTIFIER).tolist():
            parts = split_identifier(vocabulary.texts[token])
            counts[token] = len(parts)
            hashes.extend(map(_hash, parts))
        return cls(np.concatenate(([0], np.cumsum(counts))), np.array(hashes, np.uint64))

    def gather(self, ids: np.ndarray) -> tuple[U64, I64]:
        """Parts of a run of tokens: uint64 [m] hashes in order and int64 [m], the position each came from."""
        places, owners = entries_of(self.starts, ids.astype(np.int64))
        return self.hashes[places], owners


def distinct_terms(tokens: Tokens) -> U64:
    """uint64, ascending: hashes of the distinct parts of the identifiers in a run of tokens.

    Looks at these tokens only: the vocabulary behind them may be that of a whole segment.
    """
    named = np.unique(tokens.ids[tokens.kinds == TokenKind.IDENTIFIER]).tolist()
    texts = tokens.vocabulary.texts
    hashes = {part for name in named for part in _part_hashes(texts[name])}
    return np.sort(np.fromiter(hashes, np.uint64, len(hashes)))


@lru_cache(maxsize=1 << 11)  # the candidates of a query use few names, again and again; 0.7 MB at most
def _part_hashes(name: bytes) -> tuple[int, ...]:
    return tuple(map(_hash, split_identifier(name)))


@lru_cache(maxsize=1 << 11)  # the parts that most names are made of; 0.5 MB at most
def _hash(part: bytes) -> int:
    return int.from_bytes(blake2b(part, digest_size=8).digest(), "little")
