"""Source text to coloured runs, by Pygments' lexers."""

from __future__ import annotations

import time
from functools import cache
from itertools import groupby

from pygments.lexer import Lexer
from pygments.lexers import find_lexer_class_by_name
from pygments.token import Comment, Keyword, Name, Number, String, _TokenType
from pygments.util import ClassNotFound

from codesearch.core.errors import UsageError
from indexer.parsing.languages import registry

PLAIN = "p"
MAX_CHARACTERS = 20_000
"""Longer text stays plain: some lexers are quadratic; 20,000 characters of bare words take Java's 12 s."""
MAX_SECONDS = 2.0
"""Processor time for one text after which its language stays plain, a hundred times what code takes: a corpus
of such text must not hold the report up for hours."""

_COLOURS: tuple[tuple[_TokenType, str], ...] = (
    (Comment.Preproc, "k"),
    (Comment, "c"),
    (Keyword.Type, "b"),
    (Keyword, "k"),
    (String.Doc, "c"),
    (String, "s"),
    (Number, "n"),
    (Name.Function, "f"),
    (Name.Class, "f"),
    (Name.Decorator, "f"),
    (Name.Builtin, "b"),
    (Name.Exception, "b"),
    (Name.Tag, "k"),
)
"""The first that contains a token's type names its colour: keyword, comment, built-in, string, number,
declared name. Few colours keep the contrast and the page's size in hand."""


class Highlighter:
    """Colours texts; one for each page, because it remembers which lexers it cannot afford."""

    def __init__(self) -> None:
        self._slow: set[str] = set()

    def runs(self, text: str, language: str) -> str:
        """Runs of one colour, such as ``k3p1f8``: a letter and a number of UTF-16 units, as browsers count.

        Args:
            text: Lines joined by line feeds; the runs cover the line feeds too.
            language: Registry id.

        Returns:
            Empty for plain text: no lexer, one that fails or takes too long, or nothing to colour.
        """
        lexer = _lexer(language)
        if lexer is None or language in self._slow or len(text) > MAX_CHARACTERS:
            return ""
        started = time.thread_time()
        try:
            tokens = list(lexer.get_tokens(text))
        except Exception:  # third-party lexers on arbitrary text: a page without colours beats no page
            return ""
        if time.thread_time() - started > MAX_SECONDS:
            self._slow.add(language)
            return ""
        if "".join(value for _, value in tokens) != text:
            return ""  # the lexer normalised something: its runs would be off
        return _runs([(_colour(kind) if value.strip() else "", value) for kind, value in tokens if value])


def _runs(tokens: list[tuple[str, str]]) -> str:
    """Neighbours of one colour as one run; blanks, of colour ``""``, join the run before them."""
    current = PLAIN
    joined: list[tuple[str, str]] = []
    for colour, value in tokens:
        current = colour or current
        joined.append((current, value))
    runs = [
        (colour, sum(_units(value) for _, value in group))
        for colour, group in groupby(joined, key=lambda token: token[0])
    ]
    if all(colour == PLAIN for colour, _ in runs):
        return ""
    return "".join(f"{colour}{length}" for colour, length in runs)


def _units(value: str) -> int:
    return len(value) if value.isascii() else len(value.encode("utf-16-le")) // 2


@cache
def _colour(kind: _TokenType) -> str:
    return next((colour for family, colour in _COLOURS if kind[: len(family)] == family), PLAIN)


@cache
def _lexer(language: str) -> Lexer | None:
    """The lexer of a language by its id or another of its names, None when there is none."""
    try:
        names = (language, *registry().get(language).aliases)
    except UsageError:  # an index of a later version may know more languages
        names = (language,)
    for name in names:
        try:
            lexer_class = find_lexer_class_by_name(name)
        except ClassNotFound:
            continue
        # Nothing added or stripped, so that offsets hold; a PHP fragment rarely has its opening tag.
        return lexer_class(stripnl=False, ensurenl=False, startinline=True)
    return None
