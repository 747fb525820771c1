"""The textual definition of Type-3: how many lines of two fragments are alike.

Svajlenko et al., "Towards a Big Data Curated Benchmark of Inter-Project Code Clones", ICSME 2014, sort
BigCloneBench's pairs into bands by it. It labels pairs of real functions that nobody has judged.
"""

from __future__ import annotations

import numpy as np
from rapidfuzz.distance import LCSseq

from codesearch.core.types import Fragment
from indexer.normal.keys import blind_tokens

ALIKE = 0.5  # the least similarity of BigCloneBench's Type-3 bands

_LINE_ENDS = (b";", b"{", b"}")


def line_similarity(query: Fragment, match: Fragment) -> float:
    """Longest common subsequence of lines over the lines of the longer side, 0 to 1.

    One statement or brace makes a line, whatever the layout; identifiers, numbers and strings count as equal.
    """
    ours, theirs = _lines(query), _lines(match)
    longer = max(len(ours), len(theirs))
    return LCSseq.similarity(ours, theirs) / longer if longer else 0.0


def _lines(fragment: Fragment) -> list[bytes]:
    tokens = fragment.tokens
    texts = tokens.vocabulary.texts
    distinct, inverse = np.unique(tokens.ids, return_inverse=True)
    ends = np.array([texts[token] in _LINE_ENDS for token in distinct.tolist()], bool)[inverse]
    lines = np.split(blind_tokens(tokens), np.flatnonzero(ends) + 1)
    return [line.tobytes() for line in lines if len(line)]
