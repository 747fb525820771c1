"""Where spaces stand between tokens, which have lost theirs."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from codesearch.core.types import I64, U8, Mask, TokenKind


class Glyph(IntEnum):
    """What a token is to its neighbours on a line."""

    NAME = 0
    KEYWORD = 1
    LITERAL = 2
    OPEN = 3  # ( [
    CLOSE = 4  # ) ]
    SEPARATOR = 5  # , ;
    MEMBER = 6  # . :: ?.
    COLON = 7
    OPEN_BRACE = 8
    CLOSE_BRACE = 9
    SIGN = 10  # an operator that may be unary
    PREFIX = 11  # ! ~ @ and the like
    STEP = 12  # ++ --
    OPERATOR = 13
    CALLED = 14  # a keyword that is called like a function
    ANGLE = 15  # <
    CLOSE_ANGLE = 16  # > >> >>>
    QUESTION = 17
    AT = 18  # of a decorator or an annotation


_GLYPHS = {
    **dict.fromkeys("([", Glyph.OPEN),
    **dict.fromkeys(")]", Glyph.CLOSE),
    **dict.fromkeys(",;", Glyph.SEPARATOR),
    **dict.fromkeys((".", "::", "?.", "!!."), Glyph.MEMBER),
    ":": Glyph.COLON,
    "{": Glyph.OPEN_BRACE,
    "}": Glyph.CLOSE_BRACE,
    **dict.fromkeys(("+", "-", "*", "&", "**", "...", ".."), Glyph.SIGN),
    **dict.fromkeys(("!", "~", "#", "\\", "$"), Glyph.PREFIX),
    **dict.fromkeys(("++", "--"), Glyph.STEP),
    "<": Glyph.ANGLE,
    **dict.fromkeys((">", ">>", ">>>"), Glyph.CLOSE_ANGLE),
    "?": Glyph.QUESTION,
    "@": Glyph.AT,
}
_CALLED = frozenset(("super", "this", "self", "sizeof", "typeof", "decltype", "print", "echo", "nameof"))
_BY_LANGUAGE = {
    **{language: {"->": Glyph.MEMBER} for language in ("c", "cpp", "objective-c", "php", "perl")},
    **{language: {"?:": Glyph.COLON} for language in ("typescript", "tsx")},
    "python": {"{": Glyph.OPEN, "}": Glyph.CLOSE},
}
# Application is juxtaposition there, or brackets are lists: a name and a bracket are two things.
_APART = frozenset(
    (
        *("clojure", "scheme", "common-lisp", "emacs-lisp", "haskell", "ocaml", "fsharp"),
        *("bash", "powershell", "tcl", "sql", "cmake", "make"),
    )
)
_GENERICS = frozenset(
    ("java", "csharp", "cpp", "rust", "kotlin", "swift", "typescript", "tsx", "dart", "groovy", "php")
)


def glyph(text: str, kind: int, language: str) -> Glyph:
    """What a token is to its neighbours; ``kind`` is a value of :class:`~codesearch.core.types.TokenKind`."""
    match kind:
        case TokenKind.IDENTIFIER:
            return Glyph.NAME
        case TokenKind.KEYWORD:
            return Glyph.CALLED if text in _CALLED else Glyph.KEYWORD
        case TokenKind.OPERATOR:
            return _BY_LANGUAGE.get(language, {}).get(text) or _GLYPHS.get(text, Glyph.OPERATOR)
        case _:
            return Glyph.LITERAL


_SIZE = len(Glyph)
_ENDS_OPERAND = (Glyph.NAME, Glyph.LITERAL, Glyph.CLOSE, Glyph.CALLED)


def _table(*, apart: bool) -> Mask:
    """bool [glyph before, glyph after]: a space stands between them."""
    spaced = np.ones((_SIZE, _SIZE), np.bool_)
    spaced[[Glyph.OPEN, Glyph.MEMBER, Glyph.PREFIX, Glyph.AT], :] = False
    spaced[:, [Glyph.CLOSE, Glyph.SEPARATOR, Glyph.MEMBER]] = False
    spaced[(*_ENDS_OPERAND, Glyph.KEYWORD, Glyph.QUESTION), Glyph.COLON] = False
    spaced[Glyph.OPEN_BRACE, Glyph.CLOSE_BRACE] = False
    spaced[_ENDS_OPERAND, Glyph.STEP] = False
    spaced[Glyph.STEP, Glyph.NAME] = False
    if not apart:
        for before in _ENDS_OPERAND:
            spaced[before, Glyph.OPEN] = False
        spaced[Glyph.NAME, Glyph.PREFIX] = False  # println!( and x!
    return spaced


_TABLES = {apart: _table(apart=apart) for apart in (False, True)}


# What may stand between the angle brackets of type arguments; a comparison meets something else before long.
_TYPE_PARTS = (
    *(Glyph.NAME, Glyph.KEYWORD, Glyph.SEPARATOR, Glyph.MEMBER, Glyph.SIGN),
    *(Glyph.ANGLE, Glyph.CLOSE_ANGLE, Glyph.QUESTION, Glyph.COLON),
)


def spaces_before(glyphs: U8, language: str) -> Mask:
    """bool [n]: whether a space stands before each token of a run; meaningless for the first of a line.

    Args:
        glyphs: uint8 [n], values of :class:`Glyph` in order.
        language: Registry id.
    """
    spaced = np.ones(len(glyphs), np.bool_)
    before, after = glyphs[:-1], glyphs[1:]
    spaced[1:] = _TABLES[language in _APART][before, after]
    # A sign belongs to what follows it unless an operand stands before it; so does the colon of a symbol.
    unary = (after == Glyph.SIGN) & ~np.isin(before, _ENDS_OPERAND)
    symbol = (after == Glyph.COLON) & np.isin(before, (Glyph.OPEN, Glyph.SEPARATOR, Glyph.OPERATOR))
    spaced[2:] &= ~(unary | symbol)[:-1]
    spaced[1:] |= _of_conditional(glyphs)[1:]
    optional = (before == Glyph.QUESTION) & np.isin(after, (Glyph.COLON, Glyph.CLOSE, Glyph.SEPARATOR))
    spaced[:-1] &= ~optional
    if language in _GENERICS:
        opening, closing = _type_arguments(glyphs)
        spaced &= ~(opening | closing)
        spaced[1:] &= ~(opening[:-1] | (closing[:-1] & np.isin(after, (Glyph.OPEN, Glyph.MEMBER))))
    return spaced


def _of_conditional(glyphs: U8) -> Mask:
    """bool [n]: the colons that belong to a question mark, but not one right behind it, as types have it."""
    colons, questions = glyphs == Glyph.COLON, glyphs == Glyph.QUESTION
    places = np.arange(len(glyphs))
    question, colon = (_last_before(mask, places) for mask in (questions, colons))
    found: Mask = colons & (question > colon) & (question < places - 1)
    return found


def _type_arguments(glyphs: U8) -> tuple[Mask, Mask]:
    """bool [n] twice: the angle brackets that open and that close type arguments."""
    places = np.arange(len(glyphs))
    other = ~np.isin(glyphs, _TYPE_PARTS)
    angles, closes = glyphs == Glyph.ANGLE, glyphs == Glyph.CLOSE_ANGLE
    named = np.append(False, glyphs[:-1] == Glyph.NAME) | np.append(False, glyphs[:-1] == Glyph.MEMBER)
    backwards = places[::-1]
    next_close = len(glyphs) - 1 - _last_before(closes[::-1], places)[backwards]
    next_other = len(glyphs) - 1 - _last_before(other[::-1], places)[backwards]
    opening = angles & named & (next_close < next_other)
    closing = closes & (_last_before(opening, places) > _last_before(other, places))
    return opening, closing


def _last_before(mask: Mask, places: I64) -> I64:
    """int64 [n]: the last place before each at which the mask is set, -1 when there is none."""
    last: I64 = np.maximum.accumulate(np.where(mask, places, -1))
    return np.append(-1, last[:-1])
