"""Labelled fragments as rows of a feature table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesearch.core.types import I64, Fragment, Mask
from indexer.features.extract import occurrences
from indexer.features.table import ROW_BITS, FeatureTable
from indexer.normal.compressed import entries_of


@dataclass(frozen=True, slots=True)
class Bags:
    """Distinct features of fragments in compressed-row form.

    Attributes:
        starts: int64 [n + 1].
        rows: int32 [m], rows of the feature table.
        own: bool [m], whether the feature is only there through names that the fragment itself gives.
    """

    starts: I64
    rows: NDArray[np.int32]
    own: Mask

    def __len__(self) -> int:
        return len(self.starts) - 1

    @classmethod
    def of(cls, fragments: Sequence[Fragment], table: FeatureTable) -> Bags:
        """Features of fragments, in order."""
        counts, rows, own = [np.zeros(1, np.int64)], [], []
        for size, found in occurrences(fragments):
            looked_up = table.look_up(found)
            known = looked_up >= 0
            # The last bit sorts a use in other names before one in the fragment's own, which it overrules.
            keys = (((found.owners << ROW_BITS) | looked_up) << 1) | found.own
            keys = np.sort(keys[known])
            features = keys >> 1
            fresh = np.ones(len(keys), bool)
            fresh[1:] = features[1:] != features[:-1]
            rows.append((features[fresh] & ((1 << ROW_BITS) - 1)).astype(np.int32))
            own.append((keys[fresh] & 1).astype(bool))
            counts.append(np.bincount(features[fresh] >> ROW_BITS, minlength=size))
        return cls(np.cumsum(np.concatenate(counts)), np.concatenate(rows), np.concatenate(own))

    def gather(self, chosen: I64) -> tuple[I64, NDArray[np.int32], Mask]:
        """Of the fragments int64 [b]: position in ``chosen``, row and own flag of each feature."""
        places, owners = entries_of(self.starts, chosen)
        return owners, self.rows[places], self.own[places]


@dataclass(frozen=True, slots=True)
class LabelledBags:
    """A labelled set.

    Attributes:
        bags: Its fragments.
        groups: int64 [n]; fragments of one group do the same.
        languages: int64 [n], numbered.
    """

    bags: Bags
    groups: I64
    languages: I64
