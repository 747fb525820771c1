"""Contents that need no comparison: equal ones, and equal ones but for names and literals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codesearch.core.types import I64, Mask
from indexer.segments.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Atoms:
    """Groups of contents with one key.

    Attributes:
        representatives: int64 [a], the first row of each.
        members: int64 rows of each.
    """

    representatives: I64
    members: Sequence[I64]


def make_atoms(snapshot: Snapshot, rows: I64, renamed: Mask, *, cross_language: bool) -> Atoms:
    """Group rows (int64 [n], distinct); everything is in their order.

    Args:
        snapshot: Where they are.
        rows: What is grouped.
        renamed: bool [n], those that are grouped by their T2 key; the others are by their T1 key.
        cross_language: Also contents of different languages.
    """
    keys = np.where(renamed[:, None], snapshot.renamed_keys[rows], snapshot.exact_keys[rows])
    marked = np.zeros((len(rows), 18), np.uint8)
    marked[:, :16] = keys
    if not cross_language:
        codes = snapshot.language_codes[rows]
        marked[:, 16], marked[:, 17] = codes & 255, codes >> 8
    _, first, inverse = np.unique(marked.view("V18").ravel(), return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    number = rank[inverse]
    order = np.argsort(number, kind="stable")
    edges = np.searchsorted(number[order], np.arange(1, len(first)))
    return Atoms(
        rows[np.sort(first)], np.split(rows[order], edges)[: len(first)]
    )  # of nothing split makes one part
