"""Source text to coloured pieces, by Pygments' lexers."""

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

_BETWEEN_LOOKS = 64  # tokens between two looks at the clock, which cost as much as a token

PLAIN = "p"

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
"""The first that contains a token's types names its colour: keyword, comment, built-in, string, number,
declared name. Few colours keep the contrast and the page's size in hand."""

Piece = tuple[str, str]
"""A colour, one letter, and the text that has it."""


def coloured(text: str, language: str, seconds: float) -> list[Piece]:
    """The text cut where its colour changes; blanks take the colour of what stands before them.

    Args:
        text: Lines joined by line feeds, which the pieces hold too.
        language: Registry id.
        seconds: Processor time to spend: some lexers are quadratic, 20,000 characters of bare words take
            Java's 12 s. What is left when it is over stays plain.

    Returns:
        One plain piece where there is no lexer, or it fails; none of an empty text.
    """
    lexer = _lexer(language)
    plain = [(PLAIN, text)] if text else []
    if lexer is None:
        return plain
    deadline = time.thread_time() + seconds
    tokens: list[Piece] = []
    try:
        for number, (kind, value) in enumerate(lexer.get_tokens(text)):
            if value:
                tokens.append((_colour(kind) if value.strip() else "", value))
            if number % _BETWEEN_LOOKS == 0 and time.thread_time() > deadline:
                break
    except Exception:  # third-party lexers on arbitrary text: a page without colours beats no page
        return plain
    lexed = "".join(value for _, value in tokens)
    if not text.startswith(lexed):
        return plain  # the lexer normalised something: its colours would be off
    if len(lexed) < len(text):
        tokens.append((PLAIN, text[len(lexed) :]))
    return _joined(tokens)


def _joined(tokens: list[Piece]) -> list[Piece]:
    """Neighbours of one colour as one piece; blanks, of colour ``""``, join the piece before them."""
    current = PLAIN
    filled: list[Piece] = []
    for colour, value in tokens:
        current = colour or current
        filled.append((current, value))
    return [
        (colour, "".join(value for _, value in group))
        for colour, group in groupby(filled, key=lambda token: token[0])
    ]


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
