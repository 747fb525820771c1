"""Code as text again, for models that read text and not tokens."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from codesearch.core.types import Tokens


def code_text(tokens: Tokens) -> str:
    """The tokens joined by spaces, on lines of their own where the source had them.

    Comments, imports and blank lines are gone, as they are from the tokens. Lines are not indented: an index
    keeps no indentation, and the same content has to read the same when it is asked for and when it is found.
    Bytes that are not UTF-8 become U+FFFD.
    """
    if not len(tokens):
        return ""
    texts = tokens.vocabulary.texts
    words = [texts[number].decode("utf-8", "replace") for number in tokens.ids.tolist()]
    edges = [0, *(np.flatnonzero(np.diff(tokens.lines)) + 1).tolist(), len(words)]
    return "\n".join(" ".join(words[first:last]) for first, last in pairwise(edges))
