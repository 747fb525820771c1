"""What all members of a class have in common, as lines of code with a mark where a member differs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from codesearch.core.types import I64, Mask, Tokens
from retriever.alignment import Alignment

VARIES = "…"
MOST_LINES = 60  # a longer skeleton is the code itself

_NO_SPACE_AFTER = re.compile(r"[(\[{.!~@]$|::$")
_NO_SPACE_BEFORE = re.compile(r"^[)\]},;:.(\[]|^::")


def skeleton_of(alignments: Sequence[Alignment]) -> tuple[str, ...]:
    """Lines of the common query, without indentation; the tokens that are not the very same in every match,
    and the lines that hold nothing else, are one :data:`VARIES` each.
    """
    tokens = alignments[0].query
    shared = np.ones(len(tokens), bool)
    for alignment in alignments:
        same = np.zeros(len(tokens), bool)
        same[alignment.query_positions[alignment.identical]] = True
        shared &= same
    edges = np.flatnonzero(np.diff(tokens.lines, prepend=-1, append=np.iinfo(np.int32).max))
    lines = [_line(tokens, np.arange(first, last), shared) for first, last in pairwise(edges.tolist())]
    kept = [
        text for text, before in zip(lines, ["", *lines], strict=False) if (text, before) != (VARIES, VARIES)
    ]
    return tuple(kept[:MOST_LINES])


def _line(tokens: Tokens, positions: I64, shared: Mask) -> str:
    texts = tokens.vocabulary.texts
    joined = ""
    for position in positions.tolist():
        kept = shared[position]
        if not kept and joined.endswith(VARIES):
            continue
        word = texts[int(tokens.ids[position])].decode("utf-8", "replace") if kept else VARIES
        tight = not joined or _NO_SPACE_AFTER.search(joined) or _NO_SPACE_BEFORE.search(word)
        joined += word if tight else f" {word}"
    return joined
