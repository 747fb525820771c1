"""Indentation of lines, rebuilt for tokens that have lost it.

Where layout is syntax, the columns of a parsed source tell the depth of a line; for a fragment of an index,
which keeps no columns, :mod:`.python_layout` finds them. Where brackets or words such as ``end``
tell the depth, they are counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesearch.core.types import I32, I64, Fragment, TokenKind, Tokens
from indexer.parsing.languages import registry
from reranker.judge.view.python_layout import find_indents

_BRACKETS = {b"{": 1, b"(": 1, b"[": 1, b"}": -1, b")": -1, b"]": -1}


@dataclass(frozen=True, slots=True)
class _BlockWords:
    """Keywords that open and close blocks.

    Attributes:
        open: They open one wherever they stand.
        lead: They open one where they lead a line; elsewhere they modify a statement.
        close: They close one.
        between: Lines that they lead belong to the block's head.
    """

    open: frozenset[bytes]
    lead: frozenset[bytes]
    close: frozenset[bytes]
    between: frozenset[bytes]

    @classmethod
    def of(cls, opening: str, lead: str, close: str, between: str) -> _BlockWords:
        return cls(*(frozenset(words.encode().split()) for words in (opening, lead, close, between)))


_RUBY = _BlockWords.of(
    "def class module begin case do", "if unless while until for", "end", "else elsif when in rescue ensure"
)
_BLOCK_WORDS = {
    "ruby": _RUBY,
    "crystal": _RUBY,
    "lua": _BlockWords.of("function if do repeat", "", "end until", "else elseif"),
    "bash": _BlockWords.of("if do case", "", "fi done esac", "else elif then"),
}
_NO_WORDS = _BlockWords.of("", "", "", "")


def line_depths(fragment: Fragment, starts: I64) -> I32:
    """int32 [r], how deep each line is indented, 0 for the outermost.

    Args:
        fragment: At least one token.
        starts: int64 [r], the first token of each line.
    """
    tokens = fragment.tokens
    if not registry().get(fragment.language).lexicon.layout:
        return _nested_depths(tokens, starts, _BLOCK_WORDS.get(fragment.language, _NO_WORDS))
    indents = tokens.indents
    if indents is None and fragment.language == "python":
        indents = find_indents(fragment)
    brackets = _nested_depths(tokens, starts, _NO_WORDS)
    if indents is None:
        return brackets
    leads = indents[starts]
    columns = np.unique(leads[leads >= 0])
    ranks = np.searchsorted(columns, leads)
    statement = np.maximum.accumulate(np.where(leads >= 0, np.arange(len(starts)), 0))
    return np.where(leads >= 0, ranks, ranks[statement] + brackets).astype(np.int32)


def _nested_depths(tokens: Tokens, starts: I64, words: _BlockWords) -> I32:
    """Blocks that are open at the start of each line; those opened on one line count once."""
    nesting, between = _nesting(tokens, starts, words)
    after = np.cumsum(nesting)
    lowest = np.minimum.reduceat(after, starts)
    ends = after[np.append(starts[1:], len(after)) - 1]
    leading = np.where(nesting[starts] < 0, lowest, (after - nesting)[starts])
    depths = []
    opened: list[int] = []  # brackets that were open where a line opened more
    rows = zip(leading.tolist(), lowest.tolist(), ends.tolist(), between.tolist(), strict=True)
    for lead, low, end, is_between in rows:
        while opened and opened[-1] >= lead:
            opened.pop()
        depths.append(max(len(opened) - is_between, 0))
        floor = min(lead, low)
        while opened and opened[-1] >= floor:
            opened.pop()
        if end > floor:
            opened.append(floor)
    return np.array(depths, np.int32)


def _nesting(tokens: Tokens, starts: I64, words: _BlockWords) -> tuple[I64, I64]:
    """int64 [n], what each token adds to the nesting; int64 [r], 1 for a line of a block's head."""
    ids, places = np.unique(tokens.ids, return_inverse=True)
    texts = [tokens.vocabulary.texts[number] for number in ids.tolist()]
    coded = [
        kind in (TokenKind.OPERATOR, TokenKind.KEYWORD) for kind in tokens.vocabulary.kinds[ids].tolist()
    ]
    leading = places[starts]
    leads = np.array([text in words.lead for text in texts], np.bool_)[leading]
    brackets = [_BRACKETS.get(text, 0) if code else 0 for text, code in zip(texts, coded, strict=True)]
    blocks = [
        (text in words.open) - (text in words.close) if code else 0
        for text, code in zip(texts, coded, strict=True)
    ]
    counted = np.array(blocks, np.int64)[places]
    counted[np.repeat(leads, np.diff(starts, append=len(places)))] = 0  # `while x do` opens one block
    counted[starts] += leads
    between = np.array([text in words.between for text in texts], np.int64)[leading]
    return np.array(brackets, np.int64)[places] + counted, between
