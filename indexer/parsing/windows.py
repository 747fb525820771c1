"""Windows: fragments of files whose language has no grammar, as overlapping runs of lines.

A window opens at a paragraph, so that the same code gives the same window wherever it stands in its file.
"""

from __future__ import annotations

import numpy as np

from codesearch.core.types import I64, FragmentKind, Span
from indexer.parsing.lexer import LexedSource

# Lines that bear tokens. The longest window is about the size of a long function, and half of it overlaps
# with the next, so that any ten lines in a row lie whole in one window.
_LONGEST = 20
_STEP = 10
_SHORTEST_STEP = 4  # paragraphs of one or two lines would give a window for each


def window_spans(lexed: LexedSource) -> tuple[Span, ...]:
    """Windows over all tokens of a source, in order; every line with tokens is in one of them at least."""
    if not len(lexed.lines):
        return ()
    leading = np.flatnonzero(np.diff(lexed.lines, prepend=0))  # first token of each line that bears any
    used = lexed.lines[leading]
    paragraphs = np.flatnonzero(np.diff(used, prepend=-1) > 1)
    bounds = np.append(leading, len(lexed.lines))
    spans = []
    for first, last in _ranges(len(used), paragraphs):
        begin, end = int(bounds[first]), int(bounds[last])
        spans.append(
            Span(FragmentKind.WINDOW, "", "", int(used[first]), int(lexed.end_lines[end - 1]), begin, end)
        )
    return tuple(spans)


def _ranges(count: int, paragraphs: I64) -> list[tuple[int, int]]:
    """Half-open ranges of 0-based line positions, given where paragraphs begin (ascending)."""
    # A paragraph of some length opens a window however near the last one opened; short ones wait their turn.
    long = np.diff(paragraphs, append=count) >= _SHORTEST_STEP
    ranges = []
    first = 0
    while True:
        # Closing at the last paragraph that begins in the second half keeps half a function out of the
        # window.
        closing = paragraphs[(paragraphs >= first + _STEP) & (paragraphs <= first + _LONGEST)]
        last = count if count - first <= _LONGEST else int(closing[-1] if len(closing) else first + _LONGEST)
        ranges.append((first, last))
        ahead = (paragraphs > first) & (paragraphs <= first + _STEP)
        opening = paragraphs[ahead & (long | (paragraphs >= first + _SHORTEST_STEP))]
        if last == count and not len(opening):
            return ranges
        first = int(opening[0] if len(opening) else first + _STEP)
