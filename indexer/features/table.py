"""Which row of a model's weights each feature has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from codesearch.core.types import I64, U64, Fragment
from indexer.features.extract import Occurrences, occurrences
from indexer.normal.distinct import sorted_distinct

_SLOT_BITS = 20  # 4 MB of slots stay in the cache; 96,000 features leave 91 of 100 free
_TO_SLOT = np.uint64(64 - _SLOT_BITS)
_TO_TAIL = np.uint64(20)  # bits that choose a row of the tail; the slot takes others
ROW_BITS = 20
MOST_ROWS = 1 << ROW_BITS


@dataclass(frozen=True, slots=True)
class FeatureRows:
    """Distinct rows per fragment in compressed-row form.

    Attributes:
        starts: int64 [n + 1].
        rows: int64 [m], ascending within a fragment.
    """

    starts: I64
    rows: I64


@dataclass(frozen=True)
class FeatureTable:
    """Rows of the features that training knew, and of the words that it did not.

    A word that no training fragment had falls into one of ``tail`` rows by its hash: little is learnt
    about it, but two fragments that share it are closer for it. Other unknown features are left out.

    Attributes:
        keys: uint64 [v], ascending: hash of the feature of each row.
        tail: Number of rows after those, at least 1.
    """

    keys: U64
    tail: int

    @property
    def size(self) -> int:
        """Number of rows, 1 to 2^20."""
        return len(self.keys) + self.tail

    @cached_property
    def _slots(self) -> NDArray[np.int32]:
        """int32 [2^20]: the last row whose key begins with the bits of the slot, -1 for none."""
        slots = np.full(1 << _SLOT_BITS, -1, np.int32)
        slots[self.keys >> _TO_SLOT] = np.arange(len(self.keys), dtype=np.int32)
        return slots

    def look_up(self, found: Occurrences) -> I64:
        """int64 [m]: the row of each occurrence, -1 where it has none."""
        rows: I64 = self._slots[found.hashes >> _TO_SLOT].astype(np.int64)
        # Keys ascend, so those of one slot are neighbours: step back from the last while the key is larger.
        searching = np.flatnonzero(rows >= 0)
        while len(searching):
            searching = searching[self.keys[rows[searching]] > found.hashes[searching]]
            rows[searching] -= 1
            searching = searching[rows[searching] >= 0]
        known = rows >= 0
        known[known] = self.keys[rows[known]] == found.hashes[known]
        rows[~known] = -1
        words = ~known & found.lexical
        rows[words] = len(self.keys) + ((found.hashes[words] >> _TO_TAIL) % np.uint64(self.tail)).astype(
            np.int64
        )
        return rows

    def rows(self, fragments: Sequence[Fragment]) -> FeatureRows:
        """Distinct rows of each fragment, in input order; a fragment without any has the last row."""
        counts, parts = [np.zeros(1, np.int64)], []
        for size, found in occurrences(fragments):
            rows = self.look_up(found)
            known = rows >= 0
            empty = np.ones(size, bool)
            empty[found.owners[known]] = False
            owners = np.concatenate((found.owners[known], np.flatnonzero(empty)))
            filled = np.concatenate((rows[known], np.full(int(empty.sum()), self.size - 1)))
            keys = sorted_distinct((owners << ROW_BITS) | filled)
            counts.append(np.bincount(keys >> ROW_BITS, minlength=size))
            parts.append(keys & (MOST_ROWS - 1))
        flat = np.concatenate(parts) if parts else np.empty(0, np.int64)
        return FeatureRows(np.cumsum(np.concatenate(counts)), flat)
