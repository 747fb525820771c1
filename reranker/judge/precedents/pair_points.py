"""Pairs of fragments to what a precedent memory compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codesearch.core.protocols import Embedder
from codesearch.core.types import F32, Fragment
from indexer.embedding.stored import as_vectors, embed_stored, row_cosines
from reranker.cascade import Candidate, Cascade
from reranker.judge.precedents.kernel import PairScale, unit_topics
from reranker.judge.precedents.memory import PairPoints

REVISION = 1
"""Counts up whenever a pair is measured differently, so that nothing older is read for it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Pairs as the models see them, before they are brought to scale.

    Attributes:
        features: float32 [n, f], what the reranker reads.
        priors: float32 [n], P(clone) of the cascade.
        topics: float32 [n, dim], unit rows: directions of the sums of both sides' embeddings.
    """

    features: F32
    priors: F32
    topics: F32


class PairEmbedder:
    """Embeds pairs; a point depends on its two sides alone, in either order.

    Args:
        embedder: Gives the vectors of sides.
        cascade: Gives features and probabilities.
        scale: What is usual of pairs.
    """

    def __init__(self, embedder: Embedder, cascade: Cascade, scale: PairScale) -> None:
        self._embedder = embedder
        self._cascade = cascade
        self._scale = scale

    def points(self, pairs: Sequence[tuple[Fragment, Fragment]]) -> PairPoints:
        """Points of pairs, in order; there is at least one."""
        return on_scale(measure(pairs, self._embedder, self._cascade), self._scale)


def measure(pairs: Sequence[tuple[Fragment, Fragment]], embedder: Embedder, cascade: Cascade) -> Measured:
    """Pairs as the models see them, in order; there is at least one."""
    stored = embed_stored([side for pair in pairs for side in pair], embedder)
    cosines = row_cosines(stored[::2], stored[1::2]).tolist()
    candidates = [Candidate(*pair, cosine) for pair, cosine in zip(pairs, cosines, strict=True)]
    vectors = as_vectors(stored)
    return Measured(*cascade.rate(candidates), unit_topics(vectors[::2] + vectors[1::2]))


def on_scale(measured: Measured, scale: PairScale) -> PairPoints:
    """What a memory compares."""
    relations = scale.relations(measured.features, measured.priors)
    return PairPoints(relations, measured.topics, measured.priors)
