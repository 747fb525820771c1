"""Parts of code as text that may be shown: the first lines, the signature of a definition."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from textwrap import indent

import numpy as np

from codesearch.core.types import I64, ContentKey, Fragment, Tokens
from indexer.parsing.languages import registry
from reranker.judge.view.code import view_of

_WIDTH = 160  # characters of a line; beyond it stands generated code or data
_MOST_SIGNATURE_LINES = 6
_CALLING = frozenset((b"new", b"return", b"throw", b".", b"=", b"(", b",", b"->", b"::"))
_NESTING = {b"(": 1, b"[": 1, b")": -1, b"]": -1}
_NO_KEY = ContentKey(bytes(16))


def loose(language: str, tokens: Tokens) -> Fragment:
    """Tokens as a fragment without keys, which cost more than showing it does."""
    if tokens.indents is None:  # not known, and without its key not to be found again
        tokens = replace(tokens, indents=np.full(len(tokens), -1, np.int32))
    return Fragment(language, tokens, _NO_KEY, _NO_KEY)


def excerpt(fragment: Fragment, most: int) -> str:
    """The first lines that bear tokens, at most ``most``, then how many follow."""
    starts = _line_starts(fragment.tokens)
    if len(starts) > most and not _is_laid_out_by_key(fragment):
        fragment = replace(fragment, tokens=fragment.tokens.cut(0, int(starts[most])))
    lines = [code for _, code in view_of(fragment).lines[:most]]
    shown = [code if len(code) <= _WIDTH else f"{code[:_WIDTH]} ..." for code in lines]
    if len(starts) > most:
        shown.append(f"... ({len(starts) - most} more lines)")
    return "\n".join(shown)


def signature(language: str, tokens: Tokens, name: str) -> str:
    """The lines from the start of a definition to the end of its parameters, at most six."""
    spelled = name.encode()
    start = next((place for place in range(len(tokens)) if _text(tokens, place) == spelled), 0)
    return excerpt(loose(language, tokens.cut(0, _end_of_signature(tokens, start))), _MOST_SIGNATURE_LINES)


def class_signature(language: str, tokens: Tokens, name: str) -> str:
    """The signature of a class, and below it that of its first constructor where it has one."""
    head = signature(language, tokens, name)
    names = {name, *registry().get(language).constructors}
    start = _constructor(tokens, {one.encode() for one in names})
    if start is None:
        return head
    line = int(np.searchsorted(tokens.lines, tokens.lines[start]))
    build = tokens.cut(line, _end_of_signature(tokens, start))
    return head + "\n" + indent(excerpt(loose(language, build), _MOST_SIGNATURE_LINES), " " * 4)


def line_count(tokens: Tokens) -> int:
    """Number of lines that bear tokens."""
    return len(_line_starts(tokens))


def _line_starts(tokens: Tokens) -> I64:
    """int64 [n]: the first token of each line that bears any."""
    return np.flatnonzero(np.diff(tokens.lines, prepend=-1))


def _is_laid_out_by_key(fragment: Fragment) -> bool:
    """Whether a view finds the indentation by the key, which only the whole fragment has."""
    return fragment.tokens.indents is None and registry().get(fragment.language).lexicon.layout


def _end_of_signature(tokens: Tokens, start: int) -> int:
    """Index behind the line on which the brackets are closed that open behind the token ``start``."""
    depth = 0
    for place in range(start, len(tokens)):
        if depth <= 0 and tokens.lines[place] > tokens.lines[max(place - 1, start)]:
            return place
        depth += _NESTING.get(_text(tokens, place), 0)
    return len(tokens)


def _constructor(tokens: Tokens, names: Collection[bytes]) -> int | None:
    """Where a class declares a constructor, as far as tokens tell; None when it does not."""
    ids = [number for number in np.unique(tokens.ids).tolist() if tokens.vocabulary.texts[number] in names]
    for place in np.flatnonzero(np.isin(tokens.ids[1:-1], ids)).tolist():
        before, after = _text(tokens, place), _text(tokens, place + 2)
        if after == b"(" and before not in _CALLING and tokens.lines[place + 1] > tokens.lines[0]:
            return place + 1
    return None


def _text(tokens: Tokens, place: int) -> bytes:
    return tokens.vocabulary.texts[int(tokens.ids[place])]
