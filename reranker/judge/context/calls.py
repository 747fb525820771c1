"""What a fragment calls."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from codesearch.core.types import Fragment, TokenKind

_DECLARE = frozenset((b"def", b"fun", b"func", b"function", b"fn", b"sub", b"class", b"macro", b"proc"))
_MEMBER = frozenset((b".", b"->", b"::", b"?.", b"!!.", b":"))
_ITSELF = frozenset((b"self", b"this", b"cls", b"super", b"Self", b"$this", b"@self", b"parent"))


class Manner(StrEnum):
    """How a name is called, which tells where its definition can be."""

    BARE = "bare"  # area(x)
    OWN = "own"  # self.area(x)
    THROUGH = "through"  # shape.area(x): what is meant depends on what shape is


@dataclass(frozen=True, slots=True)
class Call:
    """A name that is called; ``owner`` is the name before the last member dot, empty for an expression."""

    name: str
    manner: Manner
    owner: str = ""


def calls_of(fragment: Fragment) -> list[Call]:
    """What stands before an opening parenthesis and declares nothing there, each name once, by first use."""
    tokens = fragment.tokens
    distinct, places = np.unique(tokens.ids, return_inverse=True)
    texts = [tokens.vocabulary.texts[number] for number in distinct.tolist()]
    named = tokens.vocabulary.kinds[distinct] == TokenKind.IDENTIFIER
    opens = np.array([text == b"(" for text in texts], np.bool_)
    found: dict[str, Call] = {}
    for place in np.flatnonzero(named[places[:-1]] & opens[places[1:]]).tolist():
        before = [texts[number] for number in places[max(place - 2, 0) : place].tolist()]
        # `int area(` and `def area(` declare; `return area(` and `new Area(` do not.
        if before and (named[places[place - 1]] or before[-1] in _DECLARE):
            continue
        call = _call(texts[places[place]].decode("utf-8", "replace"), before)
        known = found.get(call.name)
        if known is None or known.manner is Manner.THROUGH:
            found[call.name] = call
    return list(found.values())


def identifiers_of(fragment: Fragment) -> frozenset[bytes]:
    """The distinct identifiers of a fragment."""
    vocabulary = fragment.tokens.vocabulary
    distinct = np.unique(fragment.tokens.ids)
    named = distinct[vocabulary.kinds[distinct] == TokenKind.IDENTIFIER]
    return frozenset(vocabulary.texts[number] for number in named.tolist())


def _call(name: str, before: list[bytes]) -> Call:
    """A call of a name behind at most two tokens."""
    if not before or before[-1] not in _MEMBER:
        return Call(name, Manner.BARE)
    owner = before[0] if len(before) == 2 else b""
    if owner in _ITSELF:
        return Call(name, Manner.OWN)
    return Call(name, Manner.THROUGH, owner.decode("utf-8", "replace") if owner[:1].isalpha() else "")
