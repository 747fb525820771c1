"""What a file declares: its imports and its definitions of any size, as tokens.

An index holds neither imports nor what is below the minimum size; whoever explains a fragment wants both.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from codesearch.core.types import FragmentKind, Tokens
from indexer.parsing.definitions import Outline, outline
from indexer.parsing.grammar import grammar_for
from indexer.parsing.languages import Language, registry
from indexer.parsing.lexer import lex
from indexer.parsing.limits import DEFAULT_LIMITS, ParseLimits, TooDeep


@dataclass(frozen=True, slots=True)
class Declared:
    """A definition at its place; lines are 1-based and inclusive.

    Attributes:
        kind: What it is.
        name: Its name, empty when it has none.
        container: Name of the enclosing class or function, empty at the top level.
        start_line: First line.
        end_line: Last line.
        tokens: All its tokens.
    """

    kind: FragmentKind
    name: str
    container: str
    start_line: int
    end_line: int
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class Imported:
    """An import or a package declaration: its first line, 1-based, and its tokens."""

    line: int
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class Declarations:
    """What a file declares, both in file order; no definitions for a language without a grammar."""

    definitions: tuple[Declared, ...] = ()
    imports: tuple[Imported, ...] = ()


def declarations_of(source: bytes, language: Language, limits: ParseLimits = DEFAULT_LIMITS) -> Declarations:
    """Parse a source and collect what it declares.

    Args:
        source: UTF-8 with line feeds; bytes that are neither do no harm.
        language: As the registry has it.
        limits: What is not parsed at all.

    Raises:
        BeyondLimits: It is beyond one of them.
    """
    lexed = lex(source, language)
    if lexed.depth > limits.depth:
        raise TooDeep(lexed.depth, limits.depth)
    edge = partial(bisect_left, lexed.starts.tolist())  # the first token at or behind a byte
    found = None
    if registry().grammar_available(language):
        found = outline(source, language, grammar_for(source, language), limits.seconds)
    tokens = lexed.tokens()
    return Declarations(
        tuple(
            Declared(
                one.kind,
                one.name,
                one.container,
                int(lexed.lines[first]),
                int(lexed.end_lines[last - 1]),
                tokens.cut(first, last),
            )
            for one in (() if found is None else found.definitions)
            if (first := edge(one.start)) < (last := edge(one.end))
        ),
        tuple(
            Imported(int(lexed.lines[first]), tokens.cut(first, last))
            for start, end in import_ranges(source, language, found)
            # A line that only looks like an import, inside a string, has no token that starts in it.
            if (first := edge(start)) < (last := edge(end))
        ),
    )


def import_ranges(source: bytes, language: Language, found: Outline | None) -> Sequence[tuple[int, int]]:
    """Byte ranges of the imports of a source, in file order.

    Args:
        source: The source.
        language: Its language.
        found: Its outline; None for a language without a grammar, whose imports are known by their lines.
    """
    if found is not None:
        return found.imports
    if not language.import_line:
        return ()
    pattern = re.compile(rb"^(?:" + language.import_line.encode() + rb")[^\n]*", re.MULTILINE)
    return [match.span() for match in pattern.finditer(source)]
