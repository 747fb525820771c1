"""What the models see of a pair."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType

import numpy as np

from codesearch.core.types import F32, I64, U8, U32, U64, ContentKey, Fragment, TokenKind
from indexer.embedding.ngrams import unigram_buckets
from indexer.normal.keys import blind_tokens
from indexer.normal.subtokens import distinct_terms
from indexer.normal.winnow import winnow
from reranker.bags import Bag
from reranker.weights import Weights
from retriever.alignment import Alignment, align

_NAMES = [TokenKind.IDENTIFIER]
_LITERALS = [TokenKind.NUMBER, TokenKind.STRING]
_REMEMBERED = 8192  # profiles, 3 to 10 KB each: the fragments of a file share most of their candidates


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
NOT_TEXTUAL = ("lexical", "dense")
"""What is 0 for a pair that is rated by its text alone: they need weights that were learnt."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """What two fragments have in common, by kind; symmetric in its two sides, 0 to 1 each.

    The reranker sees it beside :class:`PairFeatures`. Template text of one author, which any two of his
    programs share, shows as common words and literals without common structure and names.

    Attributes:
        own_names: Words of the names that the fragments give themselves, weighted; see :mod:`reranker.bags`.
        words: Words from elsewhere, literals, keywords and operators, likewise.
        structure: Runs of tokens, uses of variables and control flow, likewise.
        same_names: Identifiers aligned with the very same one over those of the side that has more.
        same_literals: The same of numbers and strings.
    """

    own_names: float
    words: float
    structure: float
    same_names: float
    same_literals: float


RERANKER_NAMES = FEATURE_NAMES + tuple(field.name for field in fields(Overlap))
"""Columns of what the reranker reads: those of :class:`PairFeatures`, then those of :class:`Overlap`."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What pairs are compared by of one fragment; computed once per fragment, not once per pair.

    Attributes:
        grams: Winnowed fingerprints, ascending.
        terms: Distinct sub-tokens of names, ascending.
        bag: Its features.
        kinds: int64 [5], how many tokens of each :class:`~codesearch.core.types.TokenKind` it has.
    """

    grams: U32
    terms: U64
    bag: Bag
    kinds: I64


Profiles = Mapping[tuple[ContentKey, str], Profile]
"""Profiles by key and language of the content."""

_NONE: Profiles = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Description:
    """Everything that is known of a pair before a model reads it."""

    alignment: Alignment
    features: PairFeatures
    overlap: Overlap

    def vector(self) -> F32:
        """float32 [13], in the order of ``RERANKER_NAMES``; the first 8 are those of ``FEATURE_NAMES``."""
        values = [getattr(self.features, name) for name in FEATURE_NAMES]
        values += [getattr(self.overlap, name) for name in RERANKER_NAMES[len(FEATURE_NAMES) :]]
        return np.array(values, np.float32)


class PairDescriber:
    """Describes pairs; a description depends on the two fragments and their cosine alone.

    Args:
        weights: How much tells what two fragments share.
    """

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._profiles: dict[tuple[ContentKey, str], Profile] = {}

    def describe(
        self, pairs: Sequence[tuple[Fragment, Fragment, float]], known: Profiles = _NONE
    ) -> list[Description]:
        """One description per pair of fragments with the cosine of their embeddings, in order.

        Args:
            pairs: What is compared.
            known: Profiles of fragments whose texts are not at hand, by key and language.
        """
        profiles = self._profiles_of([side for ours, theirs, _ in pairs for side in (ours, theirs)], known)
        return [
            self._described(pair, (ours, theirs))
            for pair, ours, theirs in zip(pairs, profiles[::2], profiles[1::2], strict=True)
        ]

    def _described(
        self, pair: tuple[Fragment, Fragment, float], profiles: tuple[Profile, Profile]
    ) -> Description:
        query, match, dense = pair
        alignment = align(query, match)
        features = pair_features(query, match, profiles, alignment, dense, self._weights.idf)
        own_names, words, structure = self._weights.features.overlap(*(one.bag for one in profiles)).tolist()
        names, literals = _same_tokens(alignment, profiles)
        return Description(alignment, features, Overlap(own_names, words, structure, names, literals))

    def _profiles_of(self, fragments: Sequence[Fragment], known: Profiles) -> list[Profile]:
        wanted = {(fragment.exact_key, fragment.language): fragment for fragment in fragments}
        found = {name: self._profiles[name] for name in wanted if name in self._profiles}
        found.update((name, known[name]) for name in wanted.keys() & known.keys() if name not in found)
        missing = {name: fragment for name, fragment in wanted.items() if name not in found}
        bags = self._weights.features.bags(list(missing.values()))
        for (name, fragment), bag in zip(missing.items(), bags, strict=True):
            tokens = fragment.tokens
            kinds = _counted(tokens.kinds)
            found[name] = Profile(winnow(blind_tokens(tokens)), distinct_terms(tokens), bag, kinds)
            self._profiles[name] = found[name]
        for name in list(self._profiles)[: max(len(self._profiles) - _REMEMBERED, 0)]:
            del self._profiles[name]
        return [found[fragment.exact_key, fragment.language] for fragment in fragments]


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


def _same_tokens(alignment: Alignment, profiles: tuple[Profile, Profile]) -> tuple[float, float]:
    """Names, and literals, aligned with the very same one, over those of the side that has more."""
    same = _counted(alignment.query.kinds[alignment.query_positions[alignment.identical]])
    ours, theirs = (profile.kinds for profile in profiles)
    names, literals = (
        int(same[kinds].sum()) / max(int(ours[kinds].sum()), int(theirs[kinds].sum()), 1)
        for kinds in (_NAMES, _LITERALS)
    )
    return names, literals


def _counted(kinds: U8) -> I64:
    """int64 [5]: tokens of each kind."""
    return np.bincount(kinds, minlength=len(TokenKind))
