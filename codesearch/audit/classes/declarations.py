"""Classes that only declare fields: two of them look alike by their syntax, whoever wrote them."""

from __future__ import annotations

import numpy as np

from codesearch.audit.classes.population import Population
from codesearch.core.types import FragmentKind, Mask
from indexer.features.hashing import text_hash

LEAST_AGREEMENT = 0.9  # of the tokens; under it two declarations of fields have no more than types in common

_CODE_WORDS = (
    *(b"def", b"fn", b"func", b"fun", b"function", b"sub", b"lambda", b"=>", b"->", b"void", b"operator"),
    *(b"return", b"if", b"for", b"while", b"this", b"self"),
)
"""Tokens that code inside a class has in one language or another; a class with one of them is compared as any
other content."""


def only_declare(population: Population) -> Mask:
    """bool [rows of the snapshot]: classes without code, such as records, structs and enumerations."""
    snapshot = population.snapshot
    classes = np.flatnonzero([kind == FragmentKind.CLASS for kind in population.fragments.kinds])
    declaring = np.zeros(len(snapshot), bool)
    declaring[population.rows[np.isin(population.fragment, classes)]] = True
    words = np.array([text_hash(word) for word in _CODE_WORDS], np.uint64)
    for segment, start in snapshot.parts():
        arrays = segment.arrays
        firsts = arrays.token_starts[:-1]
        if len(firsts):
            code = np.isin(arrays.vocabulary_hashes, words)[arrays.token_ids]
            declaring[start : start + len(firsts)] &= ~np.logical_or.reduceat(code, firsts)
    return declaring
