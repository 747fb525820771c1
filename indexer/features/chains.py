"""Chains: how one variable is used, and how it is used next. They survive renaming and other code between."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from codesearch.core.types import I64, U64, Mask
from indexer.features.hashing import MULTIPLIER, marker, mixed

_BOTH, _AFTER, _AROUND = marker("chain"), marker("chain after"), marker("chain around")


def chain_features(ids: I64, owners: I64, meaning: U64, own: Mask) -> Iterator[tuple[U64, I64]]:
    """Hashes and owners of pairs of contexts of consecutive uses of a fragment's own names.

    A context is the meaning of the tokens before and after a use. The full pair of contexts is one feature,
    what follows both uses another, what precedes the first and follows the second a third.

    Args:
        ids: int64 [n], the tokens.
        owners: int64 [n], ascending, the fragment of each.
        meaning: uint64 [n], what each means.
        own: bool [n], the names to follow.
    """
    before, after = np.zeros_like(meaning), np.zeros_like(meaning)
    adjacent = owners[1:] == owners[:-1]
    before[1:] = np.where(adjacent, meaning[:-1], 0)
    after[:-1] = np.where(adjacent, meaning[1:], 0)
    uses = np.flatnonzero(own)
    variable = (owners * (int(ids.max(initial=0)) + 1) + ids)[uses]
    order = np.argsort(variable, kind="stable")
    uses, variable = uses[order], variable[order]
    linked = variable[1:] == variable[:-1]
    first, second = uses[:-1][linked], uses[1:][linked]
    context = before * MULTIPLIER + after
    for family, ours, theirs in (
        (_BOTH, context, context),
        (_AFTER, after, after),
        (_AROUND, before, after),
    ):
        yield mixed(ours[first] * MULTIPLIER + theirs[second], family), owners[first]
