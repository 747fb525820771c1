"""Fits logistic models: over pair features, with a penalty on its weights, and over margins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codesearch.core.errors import MissingExtra
from codesearch.core.types import F32, Mask
from reranker.logistic import LogisticModel, basis

F64 = NDArray[np.float64]

PENALTY = 1e-3  # 1e-4 to 1e-2 moved the held-out log loss by under 1 %
_TAIL = 1e-3  # share of the pairs at each end of a feature: beyond them products of features run away
_CONSTANT = 1e-6  # a column that varies less says nothing, and must not divide by zero


def fit_logistic(features: F32, labels: Mask, weights: F64, penalty: float = PENALTY) -> LogisticModel:
    """The model that minimises the weighted mean log loss plus ``penalty / 2`` times the squared weights.

    Args:
        features: float32 [n, f], as :mod:`reranker.features` orders them.
        labels: bool [n].
        weights: float64 [n], how much each pair counts.
        penalty: On the weights of standardised columns; the bias is free.

    Raises:
        MissingExtra: scipy is not installed.
    """
    low, high = np.quantile(features, (_TAIL, 1 - _TAIL), axis=0).astype(np.float32)
    columns = basis(np.clip(features, low, high)).astype(np.float64)
    share = weights / weights.sum()
    mean = share @ columns
    scale = np.sqrt(share @ (columns - mean) ** 2)
    scale[scale < _CONSTANT] = 1.0
    found = _minimised((columns - mean) / scale, labels, share, penalty)
    return LogisticModel(
        low,
        high,
        mean.astype(np.float32),
        scale.astype(np.float32),
        found[1:].astype(np.float32),
        float(found[0]),
    )


def fit_scale(margins: F64, labels: Mask, weights: F64) -> tuple[float, float]:
    """``(bias, slope)`` with which sigmoid(bias + slope · margin) is a probability (Platt 1999).

    Args:
        margins: float64 [n], higher for pairs that are more likely clones.
        labels: bool [n].
        weights: float64 [n], how much each pair counts.

    Raises:
        MissingExtra: scipy is not installed.
    """
    bias, slope = _minimised(margins[:, None], labels, weights / weights.sum(), 0.0).tolist()
    return bias, slope


def _minimised(columns: F64, labels: Mask, share: F64, penalty: float) -> F64:
    """float64 [1 + b]: the bias and the weights of the columns that minimise the penalised log loss."""
    try:
        from scipy.optimize import minimize
        from scipy.special import expit
    except ImportError as error:
        raise MissingExtra("fitting a calibration", "train") from error
    truth = labels.astype(np.float64)

    def loss(parameters: F64) -> tuple[float, F64]:
        logits = columns @ parameters[1:] + parameters[0]
        missed = share * (expit(logits) - truth)
        gradient = np.concatenate(([missed.sum()], missed @ columns + penalty * parameters[1:]))
        value = share @ (np.logaddexp(0.0, logits) - truth * logits)
        return float(value + penalty / 2 * parameters[1:] @ parameters[1:]), gradient

    found: F64 = minimize(loss, np.zeros(columns.shape[1] + 1), jac=True, method="L-BFGS-B").x
    return found
