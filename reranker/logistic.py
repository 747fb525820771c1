"""Logistic models as data: weights over named features, standardised."""

from __future__ import annotations

import json
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from codesearch.core.errors import EnvironmentFailure
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


def basis(features: F32) -> F32:
    """float32 [n, b]: the features, and their products with each other, which let the model weigh by size
    and language.
    """
    first, second = np.triu_indices(features.shape[1])
    return np.concatenate((features, features[:, first] * features[:, second]), axis=1)


@dataclass(frozen=True, slots=True)
class PrecisionPoint:
    """One mark of the precision dial.

    Attributes:
        precision: Reached on held-out candidates by the verdict ``clone`` of the reranker.
        threshold: Lowest probability from which it is reached.
        lower: Lower end of the 95 % Wilson interval of what was measured.
    """

    precision: float
    threshold: float
    lower: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Everything a verdict needs that was fitted on labelled pairs.

    Attributes:
        id: Model id, reported with every result.
        exact: P(clone) of a Type-1 pair.
        renamed: P(clone) of a Type-2 pair.
        aligned: P(clone) of pairs that the alignment settles.
        reranker: P(clone) of all other candidates.
        clone_threshold: Probability from which the reranker says ``clone``.
        reject_threshold: Probability below which it says ``not_clone``; between the two it is ``unsure``.
        base_rate: Share of clones among the candidates that it was fitted on.
        precision: The precision dial by rising precision; what it does not name was not reached.
    """

    id: str
    exact: float
    renamed: float
    aligned: LogisticModel
    reranker: LogisticModel
    clone_threshold: float
    reject_threshold: float
    base_rate: float
    precision: tuple[PrecisionPoint, ...] = ()


def load_calibration(path: Path) -> Calibration:
    """Read ``calibration.json``.

    Raises:
        EnvironmentFailure: It is missing, damaged, or made for other features.
    """
    try:
        raw = json.loads(path.read_bytes())
        if tuple(raw["features"]) != FEATURE_NAMES:
            raise ValueError("it was fitted on other features")
        return Calibration(
            id=raw["id"],
            exact=raw["exact"],
            renamed=raw["renamed"],
            aligned=_model(raw["aligned"]),
            reranker=_model(raw["reranker"]),
            clone_threshold=raw["clone_threshold"],
            reject_threshold=raw["reject_threshold"],
            base_rate=raw["base_rate"],
            precision=tuple(PrecisionPoint(*map(float, point)) for point in raw["precision"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EnvironmentFailure(
            f"cannot use the calibration {path}: {error}", "run 'codesearch train calibration'"
        ) from error


def save_calibration(path: Path, calibration: Calibration) -> None:
    """Write ``calibration.json``, as :func:`load_calibration` reads it."""
    raw = {"features": FEATURE_NAMES, **asdict(calibration)}
    raw["precision"] = [astuple(point) for point in calibration.precision]
    for name in ("aligned", "reranker"):
        raw[name] = {key: _plain(value) for key, value in raw[name].items()}
    path.write_text(json.dumps(raw, indent=1) + "\n", encoding="utf-8")


def _plain(value: F32 | float) -> list[float] | float:
    """Shortest decimals that read back as the same single-precision numbers."""
    return value if isinstance(value, float) else [float(str(number)) for number in value]


def _model(raw: dict[str, Any]) -> LogisticModel:
    low, high, mean, scale, weights = (
        np.array(raw[name], np.float32) for name in ("low", "high", "mean", "scale", "weights")
    )
    columns = len(FEATURE_NAMES) + len(FEATURE_NAMES) * (len(FEATURE_NAMES) + 1) // 2
    if {len(mean), len(scale), len(weights)} != {columns}:
        raise ValueError(f"a model has other than {columns} weights")
    if {len(low), len(high)} != {len(FEATURE_NAMES)}:
        raise ValueError(f"a model has other than {len(FEATURE_NAMES)} bounds")
    return LogisticModel(low, high, mean, scale, weights, float(raw["bias"]))
