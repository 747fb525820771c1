"""What the logistic model sees of a pair."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np

from codesearch.core.types import F32, U32, U64, Fragment
from indexer.embedding.ngrams import unigram_buckets
from indexer.normal.keys import blind_tokens
from indexer.normal.subtokens import distinct_terms
from indexer.normal.winnow import winnow
from retriever.alignment import Alignment


@dataclass(frozen=True, slots=True)
class PairFeatures:
    """Features of one pair, symmetric in its two sides.

    Attributes:
        agreement: See :mod:`retriever.alignment`.
        similarity: Likewise.
        near_miss: Winnowed fingerprints in common over those of the side that has more.
        lexical: IDF-weighted Jaccard similarity of the identifier sub-tokens.
        dense: Cosine of the embeddings.
        balance: Tokens of the shorter side over those of the longer.
        size: Natural logarithm of the shorter side's tokens.
        cross_language: 1.0 where the languages differ.
    """

    agreement: float
    similarity: float
    near_miss: float
    lexical: float
    dense: float
    balance: float
    size: float
    cross_language: float

    @property
    def strength(self) -> float:
        """Geometric mean of agreement and near_miss, 0 to 1: the same tokens in the same order, and in
        long runs.
        """
        return math.sqrt(self.agreement * self.near_miss)

    def vector(self) -> F32:
        """float32 [8], in field order."""
        return np.array([getattr(self, name) for name in FEATURE_NAMES], np.float32)


FEATURE_NAMES = tuple(field.name for field in fields(PairFeatures))


@dataclass(frozen=True, slots=True)
class Profile:
    """The sets of a fragment that pair features compare; computed once per fragment, not once per pair."""

    grams: U32
    terms: U64

    @classmethod
    def of(cls, fragment: Fragment) -> Profile:
        """Winnowed fingerprints and distinct sub-tokens, both ascending."""
        tokens = fragment.tokens
        return cls(winnow(blind_tokens(tokens)), distinct_terms(tokens))


def pair_features(
    query: Fragment,
    match: Fragment,
    profiles: tuple[Profile, Profile],
    alignment: Alignment,
    dense: float,
    idf: F32,
) -> PairFeatures:
    """Features of a pair; ``idf`` float32 [BUCKETS] weighs the sub-tokens."""
    sizes = sorted((len(query.tokens), len(match.tokens)))
    ours, theirs = profiles
    return PairFeatures(
        agreement=alignment.agreement,
        similarity=alignment.similarity,
        near_miss=_overlap(ours.grams, theirs.grams),
        lexical=_weighted_jaccard(ours.terms, theirs.terms, idf),
        dense=dense,
        balance=sizes[0] / max(sizes[1], 1),
        size=float(np.log1p(sizes[0])),
        cross_language=float(query.language != match.language),
    )


def _overlap(ours: U32, theirs: U32) -> float:
    shared = len(np.intersect1d(ours, theirs, assume_unique=True))
    return shared / max(len(ours), len(theirs), 1)


def _weighted_jaccard(ours: U64, theirs: U64, idf: F32) -> float:
    shared = float(idf[unigram_buckets(np.intersect1d(ours, theirs, assume_unique=True))].sum())
    total = float(idf[unigram_buckets(ours)].sum() + idf[unigram_buckets(theirs)].sum()) - shared
    return shared / total if total > 0 else 0.0
