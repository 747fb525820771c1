"""Logistic models as data: weights over named features, standardised."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from codesearch.core.types import F32
from reranker.features import FEATURE_NAMES


@dataclass(frozen=True, slots=True)
class LogisticModel:
    """P(clone) = sigmoid(bias + weights · (basis(clip(features)) - mean) / scale).

    Attributes:
        low: float32 [f]; features below count as this, because nothing is known of what training never saw.
        high: float32 [f], likewise above.
        mean: float32 [b].
        scale: float32 [b].
        weights: float32 [b].
        bias: Intercept.
    """

    low: F32
    high: F32
    mean: F32
    scale: F32
    weights: F32
    bias: float

    def probabilities(self, features: F32) -> F32:
        """float32 [n] for features float32 [n, 8]."""
        standardised = (basis(np.clip(features, self.low, self.high)) - self.mean) / self.scale
        # Not a matrix product: BLAS may sum a row in another order when the batch has another size.
        logits = self.bias + (standardised * self.weights).sum(axis=1)
        probabilities: F32 = (1.0 / (1.0 + np.exp(-np.clip(logits, -30, 30)))).astype(np.float32)
        return probabilities

    def plain(self) -> dict[str, Any]:
        """The model as JSON values, numbers in the shortest form that reads back the same."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Self:
        """Read what :meth:`plain` gave.

        Raises:
            ValueError: The arrays do not fit each other or the features.
        """
        low, high, mean, scale, weights = (
            np.array(plain[name], np.float32) for name in ("low", "high", "mean", "scale", "weights")
        )
        columns = len(FEATURE_NAMES) + len(FEATURE_NAMES) * (len(FEATURE_NAMES) + 1) // 2
        if {len(mean), len(scale), len(weights)} != {columns}:
            raise ValueError(f"a model has other than {columns} weights")
        if {len(low), len(high)} != {len(FEATURE_NAMES)}:
            raise ValueError(f"a model has other than {len(FEATURE_NAMES)} bounds")
        return cls(low, high, mean, scale, weights, float(plain["bias"]))


def basis(features: F32) -> F32:
    """float32 [n, b]: the features, and their products with each other, which let the model weigh by size
    and language.
    """
    first, second = np.triu_indices(features.shape[1])
    return np.concatenate((features, features[:, first] * features[:, second]), axis=1)


def _plain(value: F32 | float) -> list[float] | float:
    """Shortest decimals that read back as the same single-precision numbers."""
    return value if isinstance(value, float) else [float(str(number)) for number in value]
