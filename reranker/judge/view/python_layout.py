"""The indentation of a Python fragment that lost it, found by its exact key.

An index keeps tokens and lines, not columns, and without its columns Python does not tell where a loop ends.
The exact key does: it hashes the tokens and the rank of each line's indentation. So layouts are tried, the
most ordinary first, until one has the key; a layout that does not is never shown. Of the fragments of
CPython's standard library of up to 75 lines it finds the layout of 95 in 100, half of them in 0.3 ms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from codesearch.core.types import I32, I64, Fragment, Mask, TokenKind, Tokens
from indexer.normal.keys import exact_key

MOST_LAYOUTS = 3000  # 40 ms; what is not found by then is hardly found in ten times as many
MOST_STEPS = 60_000
MOST_SURPRISE = 7

_BRACKETS = {b"(": 1, b"[": 1, b"{": 1, b")": -1, b"]": -1, b"}": -1}
_JOINING = frozenset((b"and", b"or", b"not", b"in", b"is"))
_ENDING = frozenset((b")", b"]", b"}", b":", b";", b"...", b","))
_BEGINNING = frozenset((b"(", b"[", b"{", b"@", b"*", b"-", b"~", b"..."))
_LEAVING = frozenset((b"return", b"raise", b"break", b"continue", b"pass"))
_DEFINING = frozenset((b"def", b"class", b"@", b"async"))
# What the statement before, at the same depth, may begin with.
_FOLLOWS = {
    b"else": frozenset((b"if", b"elif", b"for", b"while", b"try", b"except", b"async")),
    b"elif": frozenset((b"if", b"elif")),
    b"except": frozenset((b"try", b"except")),
    b"finally": frozenset((b"try", b"except", b"else")),
}


@dataclass(frozen=True, slots=True)
class _Statement:
    """A line at bracket depth 0: its first token, and whether it ends with a colon."""

    first: bytes
    opens: bool


def find_indents(fragment: Fragment) -> I32 | None:
    """int32 [n], the layout that has the exact key, as in ``Tokens.indents``; None if none was found."""
    tokens = fragment.tokens
    ids, places = np.unique(tokens.ids, return_inverse=True)
    texts = [tokens.vocabulary.texts[number] for number in ids.tolist()]
    leads = _leading(tokens, texts, places)
    ends = np.append(leads[1:], len(places)) - 1
    statements = [
        _Statement(texts[first], texts[last] == b":")
        for first, last in zip(places[leads].tolist(), places[ends].tolist(), strict=True)
    ]
    indents = np.full(len(tokens), -1, np.int32)
    for depths in islice(_layouts(statements), MOST_LAYOUTS):
        indents[leads] = depths
        if exact_key(Tokens(tokens.ids, tokens.lines, indents, tokens.vocabulary)) == fragment.exact_key:
            return indents
    return None


def _leading(tokens: Tokens, texts: Sequence[bytes], places: I64) -> I64:
    """int64 [s], the tokens that begin a statement; ``places`` int64 [n] says which text each token has."""
    kinds = tokens.kinds

    def each(values: list[int]) -> I64:
        found: I64 = np.array(values, np.int64)[places]
        return found

    operator, string = kinds == TokenKind.OPERATOR, kinds == TokenKind.STRING
    nesting = np.where(operator, each([_BRACKETS.get(text, 0) for text in texts]), 0)
    last_lines = tokens.lines + each([text.count(b"\n") for text in texts])
    joining = each([text in _JOINING for text in texts]) > 0
    open_ended = joining | (operator & (each([text in _ENDING for text in texts]) == 0))
    goes_on = joining | (operator & (each([text in _BEGINNING for text in texts]) == 0))
    begins: Mask = np.ones(len(tokens), np.bool_)
    begins[1:] = last_lines[:-1] < tokens.lines[1:]
    # Where a line cannot end or begin, a backslash joined two.
    begins[1:] &= ~(open_ended[:-1] | goes_on[1:] | (string[:-1] & string[1:]))
    return np.flatnonzero(begins & (np.cumsum(nesting) - nesting == 0))


def _layouts(statements: Sequence[_Statement]) -> Iterator[list[int]]:
    """Depths of the statements, those with the fewest surprises first; the list is reused."""
    steps = 0
    for surprise in range(MOST_SURPRISE + 1):
        depths: list[int] = []
        left = [surprise]
        above: list[tuple[bytes, ...]] = [()]  # first words of the last statement at each depth so far
        options = [iter(_options(statements, 0, ()))]
        while options and steps < MOST_STEPS:
            steps += 1
            depth, cost = next(options[-1], (-1, 0))
            placed = len(options) - 1
            del depths[placed:], left[placed + 1 :], above[placed + 1 :]
            if depth < 0:
                options.pop()
            elif cost <= left[-1]:
                depths.append(depth)
                if placed + 1 < len(statements):
                    left.append(left[-1] - cost)
                    above.append((*above[-1][:depth], statements[placed].first))
                    options.append(iter(_options(statements, placed + 1, above[-1])))
                elif cost == left[-1]:
                    yield depths


def _options(
    statements: Sequence[_Statement], placed: int, above: tuple[bytes, ...]
) -> list[tuple[int, int]]:
    """Depths that the next statement may have and how surprising each is, the likeliest first."""
    if placed == 0:
        return [(0, 0)]
    before, this = statements[placed - 1], statements[placed]
    here = len(above) - 1
    fitting = [
        depth
        for depth in range(here, -1, -1)
        if this.first not in _FOLLOWS or above[depth] in _FOLLOWS[this.first]
    ]
    if before.opens:  # imports and a documentation string, which are no tokens, may have been all of the body
        return [(here + 1, 0), *((depth, 4 + up) for up, depth in enumerate(fitting))]
    if before.first == b"@":
        return [(here, 0)]
    if this.first in _FOLLOWS:
        return [(depth, up) for up, depth in enumerate(fitting)]
    if this.first in _DEFINING:
        fitting.sort(key=lambda depth: above[depth] not in _DEFINING)
    if before.first in _LEAVING:
        fitting = [*fitting[1:], fitting[0]]
    outside = 2 if above[0] in _DEFINING else 0  # most fragments are one function or class
    return [(depth, up + outside * (depth == 0)) for up, depth in enumerate(fitting)]
