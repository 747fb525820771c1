"""The files of a static embedder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codesearch.core.types import U64
from indexer.embedding.static import ABOUT, FILES, KEYS, ROWS
from indexer.features.extract import FEATURES_VERSION


def save_model(folder: Path, keys: U64, rows: NDArray[np.int8]) -> tuple[str, ...]:
    """Write what :class:`indexer.embedding.static.StaticEmbedder` reads; returns the names."""
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / KEYS, keys, allow_pickle=False)
    np.save(folder / ROWS, rows, allow_pickle=False)
    (folder / ABOUT).write_text(json.dumps({"features": FEATURES_VERSION}) + "\n", encoding="utf-8")
    return FILES
