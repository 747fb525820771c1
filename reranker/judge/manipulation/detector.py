"""Detector of text in code that talks to whoever judges it."""

from __future__ import annotations

import binascii
import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from codesearch.core.types import I64
from reranker.judge.manipulation.phrases import (
    FOREIGN,
    FOREIGN_TRIGGERS,
    HINTS,
    PHRASES,
    ManipulationKind,
    Phrase,
)
from reranker.judge.manipulation.squeezing import ascii_form, squeeze, squeezed_places

LONGEST_EXCERPT = 80
_ASCII = bytes(range(0x80))
_BEFORE, _AFTER = 120, 240  # bytes around a trigger in which a phrase has to lie, spaced letters included

_BY_TRIGGER: dict[bytes, tuple[Phrase, ...]] = {
    trigger: tuple(phrase for phrase in PHRASES if phrase.trigger == trigger)
    for trigger in dict.fromkeys(phrase.trigger for phrase in PHRASES)
}
_SQUEEZED = tuple({phrase.pattern: None for phrase in PHRASES if phrase.squeezed})
_AS_IT_STANDS = tuple({phrase.pattern: None for phrase in PHRASES if not phrase.squeezed})


@dataclass(frozen=True, slots=True)
class Manipulation:
    """A place in a source that talks to a judge.

    Attributes:
        line: Where it begins, 1-based.
        kind: What it tries.
        excerpt: What stands there: printable ASCII, at most 80 characters.
    """

    line: int
    kind: ManipulationKind
    excerpt: str


def find_manipulations(text: bytes | str) -> tuple[Manipulation, ...]:
    """Everything in a source's comments, strings and names that talks to a judge, in line order.

    Args:
        text: The whole file; bytes are UTF-8, other bytes do no harm.
    """
    source = text.encode("utf-8", "replace") if isinstance(text, str) else text
    plain = source if source.isascii() else ascii_form(source)
    found: dict[tuple[int, ManipulationKind], bytes] = {}
    for offset, end, kind in _phrases(plain):
        line = plain.count(b"\n", 0, offset) + 1
        found.setdefault((line, kind), plain[offset:end])
    if plain is not source:
        for line, kind, excerpt in _foreign(source):
            found.setdefault((line, kind), excerpt)
    return tuple(Manipulation(line, kind, _excerpt(found[line, kind])) for line, kind in sorted(found))


def reads_as_instruction(text: str) -> bool:
    """Whether a string or an identifier, read as words, may instruct a judge.

    It says so more readily than :func:`find_manipulations`: what is only kept from a model needs less reason
    than what is reported to a person.
    """
    lower = ascii_form(text.encode("utf-8", "replace")).lower()
    squeezed = squeeze(lower)
    return (
        HINTS.search(squeezed) is not None
        or any(pattern.search(squeezed) for pattern in _SQUEEZED)
        or any(pattern.search(lower) for pattern in _AS_IT_STANDS)
        or (not text.isascii() and FOREIGN.search(unicodedata.normalize("NFKC", text)) is not None)
    )


def instructing_words(words: Sequence[str], order: I64) -> set[int]:
    """Which of the words form an instruction where they stand in a row.

    Args:
        words: Distinct words, such as names and strings; empty for what says nothing.
        order: int64 [n], positions in ``words`` as they follow each other.
    """
    squeezed = [squeeze(ascii_form(word.encode("utf-8", "replace"))) for word in words]
    places = order.tolist()
    row = [squeezed[place] for place in places]
    text = b"".join(row)
    ends = np.array(list(accumulate(map(len, row))), np.int64)
    found: set[int] = set()
    for pattern in (HINTS, *_SQUEEZED):
        for match in pattern.finditer(text):
            first, last = np.searchsorted(ends, (match.start(), match.end() - 1), "right").tolist()
            found.update(places[first : last + 1])
    return {place for place in found if squeezed[place]}


def _phrases(text: bytes) -> Iterator[tuple[int, int, ManipulationKind]]:
    """Where phrases begin and end in a text without bytes beyond ASCII."""
    lower = text.lower()
    for trigger, phrases in _BY_TRIGGER.items():
        for first, window in _windows(text, lower, trigger):
            for phrase in phrases:
                span = _squeezed_span(phrase, window) if phrase.squeezed else _span(phrase, window.lower())
                if span is not None:
                    yield first + span[0], first + span[1], phrase.kind
    for trigger, decode in _ENCODINGS.items():
        for first, window in _windows(text, lower, trigger):
            decoded = squeeze(ascii_form(decode(window)))
            if any(pattern.search(decoded) for pattern in _SQUEEZED):
                at = window.lower().find(trigger)
                yield first + at, first + at + LONGEST_EXCERPT, ManipulationKind.ENCODED


def _windows(text: bytes, lower: bytes, trigger: bytes) -> Iterator[tuple[int, bytes]]:
    """Offset and bytes of what surrounds each place of a trigger."""
    at = lower.find(trigger)
    while at >= 0:
        first = max(at - _BEFORE, 0)
        yield first, text[first : at + _AFTER]
        at = lower.find(trigger, at + len(trigger))


def _span(phrase: Phrase, window: bytes) -> tuple[int, int] | None:
    match = phrase.pattern.search(window)
    return match.span() if match else None


def _squeezed_span(phrase: Phrase, window: bytes) -> tuple[int, int] | None:
    """Where a phrase stands in a window; whole words only, though words may be joined as names are."""
    places = None
    for match in phrase.pattern.finditer(squeeze(window)):
        places = squeezed_places(window) if places is None else places
        first, last = int(places[match.start()]), int(places[match.end() - 1])
        begins = not first or _is_edge(window[first - 1 : first + 1]) or _ESCAPE.search(window[:first])
        if begins and _is_edge(window[last : last + 2]):
            return first, last + 1
    return None


_ESCAPE = re.compile(rb"(?:\\[a-z]|\[[\d;]{1,8}m)\Z")  # a line feed or a colour, as strings write them


def _is_edge(pair: bytes) -> bool:
    """Whether one word ends and another begins between two bytes."""
    return len(pair) < 2 or not pair.isalpha() or (pair[:1].islower() and pair[1:].isupper())


def _foreign(source: bytes) -> Iterator[tuple[int, ManipulationKind, bytes]]:
    """Line, kind and text of the phrases that are not in Latin letters."""
    beyond = source.translate(None, _ASCII)  # a small part of most sources
    if any(trigger in beyond for trigger in FOREIGN_TRIGGERS):
        text = unicodedata.normalize("NFKC", source.decode("utf-8", "replace"))
        for match in FOREIGN.finditer(text):
            kind = ManipulationKind.VERDICT if match["verdict"] else ManipulationKind.OVERRIDE
            yield text.count("\n", 0, match.start()) + 1, kind, match[0].encode()


def _excerpt(text: bytes) -> str:
    """Printable ASCII on one line; a byte of any other kind is shown as it would be written in code."""
    words = " ".join(text.decode("utf-8", "replace").split())
    return ascii(words)[1:-1][:LONGEST_EXCERPT]


def _from_base64(window: bytes) -> bytes:
    runs = (match[0] for match in re.finditer(rb"[A-Za-z0-9+/]{12,}", window))
    return b" ".join(binascii.a2b_base64(run + b"=" * (-len(run) % 4)) for run in runs if len(run) % 4 != 1)


def _from_rot13(window: bytes) -> bytes:
    return codecs.encode(window.decode("ascii"), "rot13").encode()


_ENCODINGS: dict[bytes, Callable[[bytes], bytes]] = {
    b"wdub3jl": _from_base64,  # "ignore" or "Ignore" at the start of an encoded text, in lower case
    b"vtaber": _from_rot13,
}
