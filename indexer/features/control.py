"""Control flow: the keywords that branch, loop and return, and whether braces open or close between
them. Indentation is not looked at: an index keeps tokens without it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from codesearch.core.types import I64, U64
from indexer.features.columns import TokenColumns
from indexer.features.hashing import MULTIPLIER, marker, mixed, runs

_LONGEST_RUN = 3
_FAMILIES = {length: marker(f"control {length}") for length in range(1, _LONGEST_RUN + 1)}


def control_features(columns: TokenColumns, ids: I64, owners: I64) -> Iterator[tuple[U64, I64]]:
    """Hashes and owners of runs of up to three control keywords.

    Args:
        columns: Of the vocabulary.
        ids: int64 [n], the tokens.
        owners: int64 [n], ascending, the fragment of each.
    """
    steers = columns.control[ids]
    nesting = np.cumsum(columns.nesting[ids])[steers]
    holders = owners[steers]
    change = np.zeros(len(nesting), np.int64)
    change[1:] = np.where(holders[1:] == holders[:-1], np.sign(np.diff(nesting)), 0)
    stream = columns.meaning[ids[steers]] * MULTIPLIER + (change + 2).astype(np.uint64)
    for length, family in _FAMILIES.items():
        hashes, found = runs(stream, holders, length)
        yield mixed(hashes, family), found
