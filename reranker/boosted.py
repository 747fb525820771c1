"""Boosted oblivious trees over pair features, as data: what the reranker is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from codesearch.core.types import F32, I64
from reranker.features import RERANKER_NAMES

F64 = NDArray[np.float64]

_DENSE = RERANKER_NAMES.index("dense")
_LARGEST_MARGIN = 30.0  # beyond it a probability is 0 or 1 in single precision


@dataclass(frozen=True, slots=True)
class BoostedModel:
    """P(clone) = sigmoid(bias + slope · cosine + the leaf that each tree gives).

    An oblivious tree asks the same question at every node of a level, so a leaf's number is the bits of its
    answers (Prokhorenkova et al. 2018, "CatBoost: unbiased boosting with categorical features").

    Attributes:
        bias: Intercept.
        slope: Of the cosine of the embeddings.
        asked: int64 [t, d], the feature that each level of each tree asks for.
        thresholds: float32 [t, d]; the answer is yes from here on.
        leaves: float32 [t, 2^d], by the answers of the levels as bits, the first one lowest.
    """

    bias: float
    slope: float
    asked: I64
    thresholds: F32
    leaves: F32

    def margins(self, features: F32) -> F64:
        """float64 [n], the logits for features float32 [n, 13]; no row depends on another."""
        answers = features[:, self.asked] >= self.thresholds
        found = (answers * (1 << np.arange(self.asked.shape[1]))).sum(axis=2)
        given = self.leaves[np.arange(len(self.asked)), found]
        # A sum along each row, not a matrix product: BLAS may add a row up in another order in another batch.
        trees: F64 = given.sum(axis=1, dtype=np.float64)
        return self.bias + self.slope * features[:, _DENSE].astype(np.float64) + trees

    def probabilities(self, features: F32) -> F32:
        """float32 [n] for features float32 [n, 13]."""
        margins = np.clip(self.margins(features), -_LARGEST_MARGIN, _LARGEST_MARGIN)
        probabilities: F32 = (1.0 / (1.0 + np.exp(-margins))).astype(np.float32)
        return probabilities

    def plain(self) -> dict[str, Any]:
        """The model as JSON values, numbers in the shortest form that reads back the same."""
        return {
            "bias": self.bias,
            "slope": self.slope,
            "asked": self.asked.tolist(),
            "thresholds": _plain(self.thresholds),
            "leaves": _plain(self.leaves),
        }

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Self:
        """Read what :meth:`plain` gave.

        Raises:
            ValueError: The arrays do not fit each other or the features.
        """
        asked = np.array(plain["asked"], np.int64)
        thresholds, leaves = (np.array(plain[name], np.float32) for name in ("thresholds", "leaves"))
        if asked.ndim != 2 or thresholds.shape != asked.shape:
            raise ValueError("the reranker's trees have other questions than thresholds")
        if leaves.shape != (len(asked), 1 << asked.shape[1]):
            raise ValueError(
                "the reranker's trees have another number of leaves than their questions lead to"
            )
        if asked.size and not 0 <= asked.min() <= asked.max() < len(RERANKER_NAMES):
            raise ValueError("the reranker's trees ask for features that a pair has not")
        return cls(float(plain["bias"]), float(plain["slope"]), asked, thresholds, leaves)


def _plain(rows: F32) -> list[list[float]]:
    return [[float(str(number)) for number in row] for row in rows]
