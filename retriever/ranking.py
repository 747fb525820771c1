"""Best rows of a score array, with ties broken by content so that segments and workers do not matter."""

from __future__ import annotations

import numpy as np

from codesearch.core.protocols import LaneHits
from codesearch.core.types import F32, I64, U64

NO_HITS = LaneHits(np.empty(0, np.int64), np.empty(0, np.float32))


def best_rows(rows: I64, scores: F32, k: int, ties: U64) -> LaneHits:
    """The ``k`` best of rows int64 [m] by scores float32 [m], equal scores in the order of ``ties[rows]``."""
    if len(rows) > k:
        # Every row that ties with the k-th stays in, so that the cut below is decided by content.
        floor = np.partition(scores, len(scores) - k)[len(scores) - k]
        kept = scores >= floor
        rows, scores = rows[kept], scores[kept]
    order = np.lexsort((ties[rows], -scores))[:k]
    return LaneHits(rows[order], scores[order].astype(np.float32))
