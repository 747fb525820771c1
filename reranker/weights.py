"""Weights of shipped embedders, by which the reranker weighs what two fragments share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from codesearch.core.types import F32
from indexer.embedding.registry import model_entry
from indexer.embedding.static import StaticEmbedder
from reranker.bags import F64, FeatureWeights

IDF_MODEL = "hashed-ngrams-1"
FEATURE_MODEL = "static-1"

_ROWS_AT_ONCE = 1 << 13  # 8 MB in single precision


@dataclass(frozen=True, slots=True)
class Weights:
    """How much tells what two fragments share; the same whatever embedder is configured, so that the
    calibration holds.

    Attributes:
        idf: float32 [BUCKETS], of the sub-tokens of names.
        features: Of all that the shipped embedder looks at.
    """

    idf: F32
    features: FeatureWeights


@cache
def shipped_weights() -> Weights:
    """Those that the shipped calibration was fitted with.

    Raises:
        EnvironmentFailure: The files of the embedder are missing or damaged.
    """
    return Weights(shipped_idf(), _shipped_features())


@cache
def shipped_idf() -> F32:
    """float32 [BUCKETS]."""
    idf: F32 = np.load(model_entry(IDF_MODEL, "embedder").folder / "idf.npy").astype(np.float32)
    return idf


def _shipped_features() -> FeatureWeights:
    embedder = StaticEmbedder(FEATURE_MODEL, model_entry(FEATURE_MODEL, "embedder").folder)
    return FeatureWeights(embedder.table, _lengths(embedder))


def _lengths(embedder: StaticEmbedder) -> F64:
    """float64 [rows]: length of each learnt row."""
    rows = embedder.weights
    squares = np.empty(len(rows))
    for first in range(0, len(rows), _ROWS_AT_ONCE):
        # Sums of squares of 8-bit integers stay below 2^24: exact in single precision.
        block = rows[first : first + _ROWS_AT_ONCE].astype(np.float32)
        squares[first : first + len(block)] = np.einsum("ij,ij->i", block, block)
    return np.sqrt(squares)
