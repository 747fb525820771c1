"""Which features get a row of their own: those that many fragments of some training set have."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codesearch.core.types import U64, Fragment
from indexer.features.extract import Occurrences, occurrences

SAMPLE = 14_000  # fragments counted of each set; sets count alike, whatever their size
FEWEST = 6  # fragments of a set that must have a feature: what fewer have teaches nothing
COMMON = 0.02  # share of a set's fragments from which a feature counts no more than others


def select_features(samples: Sequence[Sequence[Fragment]], size: int) -> U64:
    """uint64 [<= size], ascending: hashes of the features that occur in the most fragments of the sets.

    Args:
        samples: Fragments of each set, at most ``SAMPLE`` of which are worth counting.
        size: Rows to fill.
    """
    hashes, shares = [], []
    for fragments in samples:
        found, counts = _document_frequencies(fragments)
        frequent = counts >= FEWEST
        share = counts[frequent] / max(len(fragments), 1)
        hashes.append(found[frequent])
        shares.append(np.minimum(share, COMMON) + 1e-6 * share)
    distinct, inverse = np.unique(np.concatenate(hashes), return_inverse=True)
    weight = np.bincount(inverse, np.concatenate(shares), minlength=len(distinct))
    chosen: U64 = np.sort(distinct[np.argsort(-weight, kind="stable")[:size]])
    return chosen


def _document_frequencies(fragments: Sequence[Fragment]) -> tuple[U64, np.ndarray]:
    """Distinct feature hashes and in how many fragments each occurs."""
    once = [_distinct_hashes(found) for _, found in occurrences(fragments)]
    flat = np.concatenate(once) if once else np.empty(0, np.uint64)
    return np.unique(flat, return_counts=True)


def _distinct_hashes(found: Occurrences) -> U64:
    """The hashes of a batch, each as often as there are fragments that have it."""
    order = np.lexsort((found.hashes, found.owners))
    hashes, owners = found.hashes[order], found.owners[order]
    fresh = np.ones(len(hashes), bool)
    fresh[1:] = (hashes[1:] != hashes[:-1]) | (owners[1:] != owners[:-1])
    distinct: U64 = hashes[fresh]
    return distinct
