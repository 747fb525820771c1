"""Comments of a source that hold a word, told from strings by the language's own token pattern."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from indexer.parsing.islands import find_islands
from indexer.parsing.languages import Language
from indexer.parsing.patterns import token_patterns


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment.

    Attributes:
        text: Its bytes, delimiters included.
        start: Offset of its first byte in the source.
    """

    text: bytes
    start: int


def comments_with(word: bytes, source: bytes, language: Language) -> Iterator[Comment]:
    """The comments that contain ``word``, in order; documentation strings are strings.

    Args:
        word: What is looked for.
        source: UTF-8 text with line feeds.
        language: Its language.
    """
    patterns = token_patterns(language.lexicon)
    for start, end in _outside_islands(source, language):
        position = start
        for piece in patterns.split.findall(source, start, end):
            if word in piece:
                kind = patterns.classify.fullmatch(piece)
                if kind is not None and kind.lastgroup == "skip":
                    yield Comment(piece, position)
            position += len(piece)


def _outside_islands(source: bytes, language: Language) -> Iterator[tuple[int, int]]:
    """First and last offset of the stretches between literals that name their own end."""
    position = 0
    for first, last in find_islands(source, language.lexicon.islands):
        yield position, first
        position = last
    yield position, len(source)
