"""Fragment extraction: from the bytes of a file to its tokens and the spans of its fragments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from codesearch.core.errors import InputError
from codesearch.core.types import I64, FragmentKind, Mask, ParsedSource, Span
from indexer.parsing.definitions import Definition, Outline, outline
from indexer.parsing.grammar import grammar_for
from indexer.parsing.languages import Language, registry
from indexer.parsing.lexer import LexedSource, lex
from indexer.parsing.limits import DEFAULT_LIMITS, ParseLimits, TooDeep
from indexer.parsing.windows import window_spans


@dataclass(frozen=True, slots=True)
class MinimumSize:
    """What a fragment must have at least to be compared; both count."""

    lines: int = 6
    tokens: int = 30


DEFAULT_MINIMUM = MinimumSize()


def parse_source(
    source: bytes,
    language: Language,
    minimum: MinimumSize = DEFAULT_MINIMUM,
    limits: ParseLimits = DEFAULT_LIMITS,
) -> ParsedSource:
    """Cut a source into fragments.

    Functions, methods and classes come from the grammar; nested ones are fragments of their own and part of
    the outer one. Runs of top-level statements are blocks. Without a grammar, or when the grammar finds
    nothing but errors, the fragments are windows.

    Args:
        source: UTF-8 with line feeds; bytes that are neither do no harm.
        language: As the registry has it.
        minimum: Fragments below it are left out.
        limits: What is not parsed at all.

    Raises:
        BeyondLimits: It is beyond one of them.
    """
    lexed, found = _analysed(source, language, limits)
    spans: Iterable[Span]
    if found is None:
        spans = window_spans(lexed)
    else:
        definitions = _definition_spans(found.definitions, lexed)
        kept = [_reaches(span, minimum) for span in definitions]
        blocking = [
            definition.start
            for definition, keep in zip(found.definitions, kept, strict=True)
            if keep or definition.kind is not FragmentKind.LAMBDA
        ]
        spans = [*definitions, *_block_spans(found, blocking, lexed)]
        if found.damaged and not any(kept):
            spans = window_spans(lexed)
    ordered = sorted(
        (span for span in spans if _reaches(span, minimum)), key=lambda span: (span.first, -span.last)
    )
    distinct = {(span.first, span.last): span for span in reversed(ordered)}
    return ParsedSource(
        language=language.id,
        tokens=lexed.tokens(),
        spans=tuple(reversed(distinct.values())),
        lines=lexed.line_count,
        damaged=found is not None and found.damaged,
    )


def select_lines(
    source: bytes,
    language: Language,
    start: int = 1,
    end: int | None = None,
    limits: ParseLimits = DEFAULT_LIMITS,
) -> ParsedSource:
    """Cut exactly these lines as one fragment of kind ``SELECTION``, whatever its size.

    Args:
        source: As for :func:`parse_source`.
        language: As the registry has it.
        start: First line, 1-based.
        end: Last line, inclusive; None for the last line of the source.
        limits: What is not parsed at all.

    Returns:
        The tokens of these lines, without imports, and one span; no span when the lines hold no token.

    Raises:
        InputError: The source does not have these lines.
        BeyondLimits: It is beyond one of them.
    """
    lexed, found = _analysed(source, language, limits)
    last_line = lexed.line_count if end is None else end
    if not 1 <= start <= last_line <= lexed.line_count and lexed.line_count:
        raise InputError(f"lines {start}-{last_line} are not in the source, which has {lexed.line_count}",
                         "name the first and the last line, counted from 1")  # fmt: skip
    first, last = np.searchsorted(lexed.lines, (start, last_line + 1)).tolist()
    selected = lexed.keep(np.arange(first, last))
    spans = (Span(FragmentKind.SELECTION, "", "", start, last_line, 0, last - first),) if last > first else ()
    damaged = found is not None and found.damaged
    return ParsedSource(language.id, selected.tokens(), spans, lexed.line_count, damaged)


def _analysed(source: bytes, language: Language, limits: ParseLimits) -> tuple[LexedSource, Outline | None]:
    """Tokens without those of imports, and the outline; None for a language without a grammar."""
    lexed = lex(source, language)
    # Before the grammar sees it: a parser's own recursion is not ours to bound.
    if lexed.depth > limits.depth:
        raise TooDeep(lexed.depth, limits.depth)
    found = None
    if registry().grammar_available(language):
        found = outline(source, language, grammar_for(source, language), limits.seconds)
        imports: Sequence[tuple[int, int]] = found.imports
    elif language.import_line:
        pattern = re.compile(rb"^(?:" + language.import_line.encode() + rb")[^\n]*", re.MULTILINE)
        imports = [match.span() for match in pattern.finditer(source)]
    else:
        imports = ()
    return (lexed.keep(~_inside(lexed.starts, imports)) if imports else lexed), found


def _inside(starts: I64, ranges: Sequence[tuple[int, int]]) -> Mask:
    """Mask [n] of the tokens that start in one of the byte ranges."""
    edges = np.searchsorted(starts, np.array(ranges, np.int64))
    change = np.zeros(len(starts) + 1, np.int32)
    np.add.at(change, edges[:, 0], 1)
    np.add.at(change, edges[:, 1], -1)
    return np.cumsum(change[:-1]) > 0


def _definition_spans(definitions: Sequence[Definition], lexed: LexedSource) -> list[Span]:
    """One span per definition, in order, of any size."""
    places = np.array([(found.start, found.end) for found in definitions], np.int64).reshape(-1, 2)
    return [
        _span(found.kind, found.name, found.container, first, last, lexed)
        for found, (first, last) in zip(
            definitions, np.searchsorted(lexed.starts, places).tolist(), strict=True
        )
    ]


def _block_spans(found: Outline, blocking: Sequence[int], lexed: LexedSource) -> list[Span]:
    """Maximal runs of top-level statements that define nothing; imports have no tokens and split no run.

    Args:
        found: Outline of the source.
        blocking: Ascending byte offsets at which definitions start; the statement around one belongs to no
            block.
        lexed: Tokens of the source.
    """
    places = np.array(found.statements, np.int64).reshape(-1, 2)
    defines = np.diff(np.searchsorted(np.array(blocking, np.int64), places), axis=1)[:, 0] > 0
    edges = np.searchsorted(lexed.starts, places)
    spans = []
    first = last = 0
    for (begin, end), ends_run in zip(edges.tolist(), defines.tolist(), strict=True):
        if not ends_run and begin == last:
            last = end
            continue
        spans.append(_span(FragmentKind.BLOCK, "", "", first, last, lexed))
        first, last = (end, end) if ends_run else (begin, end)
    spans.append(_span(FragmentKind.BLOCK, "", "", first, last, lexed))
    return spans


def _span(kind: FragmentKind, name: str, container: str, first: int, last: int, lexed: LexedSource) -> Span:
    """A span over tokens ``first`` up to ``last``; without tokens it has no lines and reaches no minimum."""
    if first >= last:
        return Span(kind, name, container, 1, 0, first, first)
    lines = int(lexed.lines[first]), int(lexed.end_lines[last - 1])
    return Span(kind, name, container, *lines, first, last)


def _reaches(span: Span, minimum: MinimumSize) -> bool:
    return (
        span.end_line - span.start_line + 1 >= max(minimum.lines, 1)
        and span.last - span.first >= minimum.tokens
    )
