"""Contents that need no comparison: equal ones, and equal ones but for names and literals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codesearch.core.types import I64, Mask
from codesearch.core.workers import HERE, Workers
from indexer.segments.snapshot import Snapshot
from retriever.joins.equal import first_equal


@dataclass(frozen=True, slots=True)
class Atoms:
    """Groups of contents with one key.

    Attributes:
        representatives: int64 [a], the first row of each.
        members: int64 rows of each.
    """

    representatives: I64
    members: Sequence[I64]


def make_atoms(
    snapshot: Snapshot, rows: I64, renamed: Mask, *, cross_language: bool, workers: Workers = HERE
) -> Atoms:
    """Group rows (int64 [n], distinct); everything is in their order.

    Args:
        snapshot: Where they are.
        rows: What is grouped.
        renamed: bool [n], those that are grouped by their T2 key; the others are by their T1 key.
        cross_language: Also contents of different languages.
        workers: Do it.
    """
    keys = np.where(renamed[:, None], snapshot.renamed_keys[rows], snapshot.exact_keys[rows])
    marked = np.zeros((len(rows), 18), np.uint8)
    marked[:, :16] = keys
    if not cross_language:
        codes = snapshot.language_codes[rows]
        marked[:, 16], marked[:, 17] = codes & 255, codes >> 8
    leaders = first_equal(marked, workers)
    first = np.flatnonzero(leaders == np.arange(len(rows)))
    order = np.argsort(leaders, kind="stable")
    edges = np.searchsorted(leaders[order], first[1:])
    return Atoms(rows[first], np.split(rows[order], edges)[: len(first)])  # of nothing split makes one part
