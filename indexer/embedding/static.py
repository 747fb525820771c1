"""The trained static embedder: the sum of one learnt row per distinct feature of a fragment.

Rows are 8-bit integers of one scale, so sums are exact: a vector is the same in every batch, on every
machine. Learnt by :mod:`codesearch.training`; reading it needs numpy alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codesearch.core.errors import EnvironmentFailure
from codesearch.core.types import F32, Fragment
from indexer.features.extract import FEATURES_VERSION
from indexer.features.table import MOST_ROWS, FeatureRows, FeatureTable

KEYS, ROWS, ABOUT = "features.npy", "rows.npy", "model.json"
FILES = (KEYS, ROWS, ABOUT)


class StaticEmbedder:
    """Reads ``features.npy`` (uint64 [v]), ``rows.npy`` (int8 [v + tail, dim]) and ``model.json``.

    Attributes:
        weights: int8 [v + tail, dim], mapped.
        table: Which row each feature has.

    Raises:
        EnvironmentFailure: The files do not fit each other or this version's features.
    """

    def __init__(self, model_id: str, folder: Path) -> None:
        self._id = model_id
        try:
            version = json.loads((folder / ABOUT).read_bytes())["features"]
            keys = np.load(folder / KEYS, allow_pickle=False)
            self.weights: NDArray[np.int8] = np.load(folder / ROWS, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise EnvironmentFailure(
                f"cannot use the model {model_id} in {folder}: {error}", "reinstall it or train it again"
            ) from error
        if version != FEATURES_VERSION:
            raise EnvironmentFailure(
                f"the model {model_id} was trained on features '{version}', this version extracts "
                f"'{FEATURES_VERSION}'",
                "train it again",
            )
        if not _fits(keys, self.weights):
            raise EnvironmentFailure(
                f"the files of the model {model_id} in {folder} do not fit each other", "train it again"
            )
        self.table = FeatureTable(keys, len(self.weights) - len(keys))

    @property
    def id(self) -> str:
        """Model id; part of every stored vector's identity."""
        return self._id

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self.weights.shape[1])

    def embed(self, fragments: Sequence[Fragment]) -> F32:
        """float32 [n, dim], rows L2-normalised; an empty fragment gives the vector of all empty ones."""
        return self.embed_rows(self.table.rows(fragments))

    def embed_rows(self, features: FeatureRows) -> F32:
        """Likewise, from features that are extracted."""
        starts = features.starts.tolist()
        sums = np.empty((len(starts) - 1, self.dim), np.int32)
        for position in range(len(sums)):
            # One fragment at a time stays in the cache: six times as fast as reduceat over a batch.
            chosen = features.rows[starts[position] : starts[position + 1]]
            self.weights[chosen].sum(axis=0, dtype=np.int32, out=sums[position])
        sums[~sums.any(axis=1), 0] = 1  # rows may cancel; no vector is zero
        return _unit(sums)


def _unit(sums: NDArray[np.int32]) -> F32:
    """float32 [n, dim], rows L2-normalised; lengths are roots of exact integers."""
    whole = sums.astype(np.int64)
    lengths = np.sqrt((whole * whole).sum(axis=1, keepdims=True))
    vectors: F32 = (sums / lengths).astype(np.float32)
    return vectors


def _fits(keys: object, rows: object) -> bool:
    """Whether two files, which may be anybody's, are the keys and rows of one model."""
    if not (isinstance(keys, np.ndarray) and isinstance(rows, np.ndarray)):
        return False  # numpy opens an archive of arrays as well
    if keys.dtype != np.uint64 or rows.dtype != np.int8 or keys.ndim != 1 or rows.ndim != 2:
        return False
    sized = len(keys) < len(rows) <= MOST_ROWS and rows.shape[1] > 0
    return sized and bool((keys[1:] > keys[:-1]).all())
