"""The IDF weights of the shipped embedder, which also weigh the sub-tokens of a pair."""

from __future__ import annotations

from functools import cache

import numpy as np

from codesearch.core.types import F32
from indexer.embedding.registry import model_entry

IDF_MODEL = "hashed-ngrams-1"


@cache
def shipped_idf() -> F32:
    """float32 [BUCKETS]; the same whatever embedder is configured, so that the calibration holds."""
    idf: F32 = np.load(model_entry(IDF_MODEL, "embedder").folder / "idf.npy").astype(np.float32)
    return idf
