"""The words of two lines that differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rapidfuzz.distance import Indel

LONGEST = 1000
"""Characters of a line that are looked at: no more are shown."""
LEAST_SHARED = 0.25
"""Share of words that two lines have in common below which nothing is marked: all would be."""

Ranges = list[tuple[int, int]]

_WORD = re.compile(r"\w+|[^\w\s]")


def differing_words(left: str, right: str) -> tuple[Ranges, Ranges]:
    """Character ranges of both lines, first and past the last, that the other does not have in its place.

    Words are identifiers, numbers and single signs; blanks between differing words are within one range.
    """
    sides = [list(_WORD.finditer(line[:LONGEST])) for line in (left, right)]
    ours, theirs = ([word[0] for word in words] for words in sides)
    kept: tuple[set[int], set[int]] = set(), set()
    for step in Indel.opcodes(ours, theirs):
        if step.tag == "equal":
            kept[0].update(range(step.src_start, step.src_end))
            kept[1].update(range(step.dest_start, step.dest_end))
    if len(kept[0]) < LEAST_SHARED * max(len(ours), len(theirs)):
        return [], []
    one, other = (_ranges(words, same) for words, same in zip(sides, kept, strict=True))
    return one, other


def _ranges(words: Sequence[re.Match[str]], kept: Iterable[int]) -> Ranges:
    same = set(kept)
    ranges: Ranges = []
    last = -2
    for position, word in enumerate(words):
        if position in same:
            continue
        if position == last + 1:
            ranges[-1] = ranges[-1][0], word.end()
        else:
            ranges.append(word.span())
        last = position
    return ranges
