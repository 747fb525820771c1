"""Fits a logistic model over pair features, with a penalty on its weights."""

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
    try:
        from scipy.optimize import minimize
        from scipy.special import expit
    except ImportError as error:
        raise MissingExtra("fitting a calibration", "train") from error
    low, high = np.quantile(features, (_TAIL, 1 - _TAIL), axis=0).astype(np.float32)
    columns = basis(np.clip(features, low, high)).astype(np.float64)
    share = weights / weights.sum()
    mean = share @ columns
    scale = np.sqrt(share @ (columns - mean) ** 2)
    scale[scale < _CONSTANT] = 1.0
    standardised = (columns - mean) / scale
    truth = labels.astype(np.float64)

    def loss(parameters: F64) -> tuple[float, F64]:
        logits = standardised @ parameters[1:] + parameters[0]
        missed = share * (expit(logits) - truth)
        gradient = np.concatenate(([missed.sum()], missed @ standardised + penalty * parameters[1:]))
        value = share @ (np.logaddexp(0.0, logits) - truth * logits)
        return float(value + penalty / 2 * parameters[1:] @ parameters[1:]), gradient

    found = minimize(loss, np.zeros(standardised.shape[1] + 1), jac=True, method="L-BFGS-B").x
    return LogisticModel(
        low,
        high,
        mean.astype(np.float32),
        scale.astype(np.float32),
        found[1:].astype(np.float32),
        float(found[0]),
    )
