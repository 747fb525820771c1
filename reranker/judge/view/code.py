"""What a model is shown of a fragment: numbered lines of code that no text in the code can speak through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, pairwise

import numpy as np

from codesearch.core.types import I32, I64, Fragment, TokenKind
from indexer.embedding.code_text import code_text
from reranker.judge.manipulation.detector import find_manipulations, instructing_words
from reranker.judge.view.everyday_names import is_basic_type, is_telling
from reranker.judge.view.layout import line_depths
from reranker.judge.view.spacing import glyph, spaces_before
from reranker.judge.view.spelling import (
    hidden_string,
    plain_name,
    safe_name,
    shown_number,
    shown_operator,
    shown_string,
)

__all__ = ["View", "renamed_view", "safe_name", "suspicious", "view_of"]

_INDENT = "    "


@dataclass(frozen=True)
class View:
    """A fragment as a model sees it.

    Attributes:
        lines: Number and text of every line that bears tokens, in order; the fragment's own first line is 1.
            A text is printable, without line breaks.
        names: The identifiers that stand in the lines.
    """

    lines: tuple[tuple[int, str], ...]
    names: frozenset[str]

    @property
    def height(self) -> int:
        """Number of the last line, 0 when there is none."""
        return self.lines[-1][0] if self.lines else 0

    @cached_property
    def text(self) -> str:
        """One row per line: its number, a bar and the code."""
        return "\n".join(f"{number:4d}| {code}" for number, code in self.lines)

    def has_lines(self, first: int, last: int) -> bool:
        """Whether ``first`` to ``last`` is a range of the fragment that holds at least one shown line."""
        return 1 <= first <= last <= self.height and any(first <= number <= last for number, _ in self.lines)


def view_of(fragment: Fragment) -> View:
    """The fragment with its own names, as far as they are plain, and its short strings."""
    distinct = _Distinct.of(fragment)
    return _render(fragment, distinct, _spell(distinct, _own_names(distinct), "name", shown_string))


def renamed_view(fragment: Fragment) -> View:
    """The fragment with neutral names (``v1``, ``v2``, ... in the order of first use) and no strings.

    Basic types keep their names. So does what is called or stands behind a member dot when it is made of
    everyday words of programming, as ``read_line`` is: it tells behaviour, and such words carry no message.
    """
    distinct = _Distinct.of(fragment)
    return _render(fragment, distinct, _spell(distinct, _known_names(distinct), "v", hidden_string))


def suspicious(fragment: Fragment) -> bool:
    """Whether names or strings of the fragment talk to a judge; comments are not part of a fragment."""
    distinct = _Distinct.of(fragment)
    worded = [
        text if kind in _WORDED else "" for text, kind in zip(distinct.texts, distinct.kinds, strict=True)
    ]
    return bool(
        instructing_words(worded, distinct.positions) or find_manipulations(code_text(fragment.tokens))
    )


@dataclass(frozen=True, slots=True)
class _Distinct:
    """The distinct tokens of a fragment in the order of their first use.

    Attributes:
        texts: Their text; bytes that are not UTF-8 became U+FFFD.
        kinds: Their :class:`~codesearch.core.types.TokenKind`.
        positions: int64 [n], which of them each token of the fragment is.
        lines: int32 [n], the line of each token.
        language: Registry id.
    """

    texts: list[str]
    kinds: list[int]
    positions: I64
    lines: I32
    language: str

    @classmethod
    def of(cls, fragment: Fragment) -> _Distinct:
        tokens = fragment.tokens
        ids, first, inverse = np.unique(tokens.ids, return_index=True, return_inverse=True)
        order = np.argsort(first)
        rank = np.empty(len(ids), np.int64)
        rank[order] = np.arange(len(ids))
        texts = tokens.vocabulary.texts
        return cls(
            [texts[number].decode("utf-8", "replace") for number in ids[order].tolist()],
            tokens.vocabulary.kinds[ids[order]].tolist(),
            rank[inverse],
            tokens.lines,
            fragment.language,
        )


def _own_names(distinct: _Distinct) -> list[str]:
    """The names as they are, empty for those that may not be shown and for what is no name."""
    prose = _prose(distinct)
    names = [
        plain_name(text) if kind == TokenKind.IDENTIFIER else ""
        for text, kind in zip(distinct.texts, distinct.kinds, strict=True)
    ]
    return [
        "" if number in prose and not (is_basic_type(name) or is_telling(name)) else name
        for number, name in enumerate(names)
    ]


def _prose(distinct: _Distinct) -> set[int]:
    """The names that stand in a row like words of a sentence, such as text of a page inside code."""
    if distinct.language not in _NEVER_IN_A_ROW or not len(distinct.positions):
        return set()
    name = np.array(distinct.kinds, np.uint8)[distinct.positions] == TokenKind.IDENTIFIER
    keyword = np.array(distinct.kinds, np.uint8)[distinct.positions] == TokenKind.KEYWORD
    row = np.cumsum(~(name | keyword) | np.diff(distinct.lines, prepend=0).astype(bool))
    following = np.bincount(row[1:][name[1:] & name[:-1] & (row[1:] == row[:-1])], minlength=row[-1] + 1)
    return set(distinct.positions[name & (following >= _A_SENTENCE)[row]].tolist())


_A_SENTENCE = 2  # names that follow a name directly; a type before what it declares is one
_NEVER_IN_A_ROW = frozenset(
    ("bash", "c", "cpp", "csharp", "go", "java", "javascript", "php", "python", "rust", "tsx", "typescript")
)
"""Languages whose names have signs or keywords between them, but for types before what is declared; and the
shell, whose arguments lose their names unless they are telling. Elsewhere names in a row are usual."""


def _known_names(distinct: _Distinct) -> list[str]:
    """Those of the names that a renamed view keeps; empty for every other token."""
    before = np.array([text in _MEMBER for text in distinct.texts], np.bool_)[distinct.positions]
    behind = np.array([text == "(" for text in distinct.texts], np.bool_)[distinct.positions]
    telling = np.zeros(len(before), np.bool_)
    telling[1:] |= before[:-1]
    telling[:-1] |= behind[1:]
    used = set(distinct.positions[telling].tolist())
    return [
        name if is_basic_type(name) or (number in used and is_telling(name)) else ""
        for number, name in enumerate(_own_names(distinct))
    ]


_MEMBER = frozenset((".", "?.", "->", "::"))


def _spell(
    distinct: _Distinct, names: list[str], neutral: str, spell_string: Callable[[str], str]
) -> list[str]:
    """How each distinct token is written; names that are empty become ``neutral`` with a number."""
    spelled = [
        _spell_one(text, kind, name, spell_string)
        for text, kind, name in zip(distinct.texts, distinct.kinds, names, strict=True)
    ]
    # Words that are harmless one by one may form a sentence: names in a row, the strings of a list.
    while hidden := _speaking(distinct, spelled):
        for number in hidden:
            string = distinct.kinds[number] == TokenKind.STRING
            spelled[number] = hidden_string(distinct.texts[number]) if string else ""
    taken = set(spelled)
    fresh = (name for name in map(f"{neutral}{{}}".format, count(1)) if name not in taken)
    return [text or next(fresh) for text in spelled]


def _spell_one(text: str, kind: int, name: str, spell_string: Callable[[str], str]) -> str:
    match kind:
        case TokenKind.IDENTIFIER:
            return name
        case TokenKind.STRING:
            return spell_string(text)
        case TokenKind.NUMBER:
            return shown_number(text)
        case TokenKind.KEYWORD:
            return text
        case _:
            return shown_operator(text)


def _speaking(distinct: _Distinct, spelled: Sequence[str]) -> list[int]:
    """The names and shown strings that form an instruction where they stand."""
    words = [
        text if kind in _WORDED and "<text" not in text else ""
        for text, kind in zip(spelled, distinct.kinds, strict=True)
    ]
    return [
        number
        for number in instructing_words(words, distinct.positions)
        if distinct.kinds[number] != TokenKind.KEYWORD and words[number]
    ]


_WORDED = (TokenKind.IDENTIFIER, TokenKind.KEYWORD, TokenKind.STRING)


def _render(fragment: Fragment, distinct: _Distinct, spelled: Sequence[str]) -> View:
    """The rows of a fragment whose distinct tokens are written as given."""
    tokens, positions = fragment.tokens, distinct.positions
    if not len(tokens):
        return View((), frozenset())
    glyphs = [
        glyph(text, kind, fragment.language)
        for text, kind in zip(distinct.texts, distinct.kinds, strict=True)
    ]
    spaced = spaces_before(np.array(glyphs, np.uint8)[positions], fragment.language)
    # Each distinct token is at hand with and without its space, so that a row is one join.
    forms = [form for text in spelled for form in (text, " " + text)]
    starts = np.flatnonzero(np.diff(tokens.lines, prepend=tokens.lines[0] - 1))
    spaced[starts] = False
    pieces = [forms[place] for place in (positions * 2 + spaced).tolist()]
    numbers = (tokens.lines[starts] - tokens.lines[0] + 1).tolist()
    depths = line_depths(fragment, starts).tolist()
    lines = tuple(
        (number, _INDENT * depth + "".join(pieces[first:last]))
        for number, depth, (first, last) in zip(
            numbers, depths, pairwise([*starts.tolist(), len(pieces)]), strict=True
        )
    )
    names = (text for text, kind in zip(spelled, distinct.kinds, strict=True) if kind == TokenKind.IDENTIFIER)
    return View(lines, frozenset(names))
