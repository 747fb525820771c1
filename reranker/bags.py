"""What two fragments have in common of all that the embedder looks at, told apart by what it is.

The embedder's cosine is one number. Its features, counted on their own, also say whether two fragments share
the names that they give themselves, the words and literals that come from elsewhere, or their structure; and
the length of a feature's learnt row says how much it tells. What every program of a contest or of a project
has, such as a fast reader, has a short one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from codesearch.core.types import I64, Fragment
from indexer.features.extract import Occurrences, occurrences
from indexer.features.table import FeatureTable
from indexer.normal.distinct import sorted_distinct

F64 = NDArray[np.float64]

_PART_BITS = 2
_ENTRY_BITS = 24  # a row of at most 20 bits and its part


class Part(IntEnum):
    """What a feature is of."""

    OWN_NAMES = 0  # words of names that the fragment itself gives
    WORDS = 1  # words of names from elsewhere, literals, keywords and operators
    STRUCTURE = 2  # runs of tokens, uses of variables, control flow


@dataclass(frozen=True, slots=True)
class Bag:
    """The distinct features of a fragment.

    Attributes:
        entries: int64, ascending: row and part of each in one number.
        totals: float64 [3], weight of the features of each part.
    """

    entries: I64
    totals: F64


class FeatureWeights:
    """Reads fragments into bags and compares those.

    Args:
        table: Which row each feature has.
        weights: float64 [rows], how much each tells.
    """

    def __init__(self, table: FeatureTable, weights: F64) -> None:
        self._table = table
        self._weights = weights

    def bags(self, fragments: Sequence[Fragment]) -> list[Bag]:
        """One per fragment, in order; features that the table does not know are left out."""
        bags: list[Bag] = []
        for size, found in occurrences(fragments):
            rows = self._table.look_up(found)
            known = rows >= 0
            entries = (rows << _PART_BITS) | _parts(found)
            keys = sorted_distinct(((found.owners << _ENTRY_BITS) | entries)[known])
            cuts = np.searchsorted(keys, np.arange(1, size) << _ENTRY_BITS)
            bags += [self._bag(part & ((1 << _ENTRY_BITS) - 1)) for part in np.split(keys, cuts)]
        return bags

    def overlap(self, ours: Bag, theirs: Bag) -> F64:
        """float64 [3]: weighted Jaccard similarity of each part, 0 where neither side has it."""
        shared = self._totals(np.intersect1d(ours.entries, theirs.entries, assume_unique=True))
        either = ours.totals + theirs.totals - shared
        similarity: F64 = np.divide(shared, either, out=np.zeros(len(Part)), where=either > 0)
        return similarity

    def _bag(self, entries: I64) -> Bag:
        return Bag(entries, self._totals(entries))

    def _totals(self, entries: I64) -> F64:
        weights = self._weights[entries >> _PART_BITS]
        parts = entries & ((1 << _PART_BITS) - 1)
        return np.bincount(parts, weights, len(Part)).astype(np.float64)  # of no entries it counts integers


def _parts(found: Occurrences) -> I64:
    """int64 [m]: the part of each occurrence."""
    named = np.where(found.own, Part.OWN_NAMES, Part.WORDS)
    parts: I64 = np.where(found.lexical, named, Part.STRUCTURE).astype(np.int64)
    return parts
