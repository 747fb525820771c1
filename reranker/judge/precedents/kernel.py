"""How alike two pairs are: what relates their sides, and what they are about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesearch.core.types import F32, F64

_FARTHEST = 4.0  # deviations from the mean: one odd feature may not set a pair apart from all others
_LEAST = 1e-4  # probabilities nearer to 0 or 1 are not told apart


@dataclass(frozen=True, slots=True)
class PairScale:
    """What is usual of pairs, so that features of different units count alike.

    Attributes:
        mean: float32 [f + 1], of the features and the cascade's log-odds.
        deviation: float32 [f + 1], likewise; nowhere 0.
    """

    mean: F32
    deviation: F32

    @classmethod
    def of(cls, features: F32, priors: F32) -> PairScale:
        """For pairs such as these: features float32 [n, f], P(clone) of the cascade float32 [n]."""
        columns = _columns(features, priors)
        deviation = columns.std(axis=0)
        return cls(columns.mean(axis=0), np.where(deviation > 0, deviation, 1).astype(np.float32))

    def relations(self, features: F32, priors: F32) -> F32:
        """float32 [n, f + 1] in deviations, so that a squared distance is an average over the columns."""
        columns = (_columns(features, priors) - self.mean) / self.deviation
        clipped = np.clip(columns, -_FARTHEST, _FARTHEST) / np.sqrt(columns.shape[1])
        scaled: F32 = clipped.astype(np.float32)
        return scaled


@dataclass(frozen=True, slots=True)
class PairKernel:
    """How near pairs have to be to say something about each other.

    Attributes:
        topic: Share of what pairs are about in their squared distance, against how their sides are related.
        width: Squared distance at which likeness has fallen to 1/e.
        noise: Variance of a label beside that of the probability it is compared with: what one precedent
            says counts less the larger it is.
    """

    topic: float
    width: float
    noise: float

    def vectors(self, relations: F32, topics: F32) -> F32:
        """float32 [n, f + 1 + dim]: relations [n, f + 1] beside unit topics [n, dim]."""
        vectors: F32 = np.hstack([relations, topics * np.float32(np.sqrt(self.topic))])
        return vectors

    def likeness(self, distances: F32) -> F64:
        """1 for the same pair, falling to 0, from squared distances."""
        likeness: F64 = np.exp(-distances.astype(np.float64) / self.width)
        return likeness


def unit_topics(sums: F32) -> F32:
    """float32 [n, dim]: the directions of the sums of both sides' embeddings; zero rows stay."""
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    directions: F32 = np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 0)
    return directions


def _log_odds(probabilities: F32) -> F64:
    clipped = np.clip(probabilities.astype(np.float64), _LEAST, 1 - _LEAST)
    odds: F64 = np.log(clipped / (1 - clipped))
    return odds


def _columns(features: F32, priors: F32) -> F32:
    return np.column_stack([features, _log_odds(priors)]).astype(np.float32)
