"""Which names of a fragment come from elsewhere: what it calls, and members of what it uses."""

from __future__ import annotations

import numpy as np

from codesearch.core.types import I64, Mask
from indexer.features.columns import TokenColumns


def library_names(columns: TokenColumns, ids: I64, owners: I64) -> Mask:
    """bool [n]: names that are called, accessed as members or stand for a concept, unless the fragment
    declares them as functions.

    Told from the neighbouring tokens alone, so that it costs no parse and works in every language.

    Args:
        columns: Of the vocabulary.
        ids: int64 [n], the tokens.
        owners: int64 [n], ascending, the fragment of each.
    """
    name = columns.name[ids]
    adjacent = owners[1:] == owners[:-1]
    before_call, after_access, after_declarer = (np.zeros(len(ids), bool) for _ in range(3))
    before_call[:-1] = columns.opens_call[ids[1:]] & adjacent
    after_access[1:] = columns.accesses[ids[:-1]] & adjacent
    after_declarer[1:] = (columns.declares[ids[:-1]] | name[:-1]) & adjacent
    declared = name & before_call & ~after_access & after_declarer
    known = columns.concept[ids] > 0
    foreign = name & ((before_call & ~declared) | after_access)
    places = owners * (int(ids.max(initial=0)) + 1) + ids
    foreign &= ~np.isin(places, np.unique(places[declared]))
    library: Mask = foreign | (name & known)
    return library
