"""Definitions: what the query of a language finds in a syntax tree.

A query (``queries/<id>.scm``) uses these captures:

- ``@function``, ``@method``, ``@constructor``, ``@lambda``, ``@class``: one definition, with an optional
  ``@name`` and, where the syntax names the class elsewhere (Go), ``@container``. When several patterns share
  a name, the widest counts (a decorated function is more than the function); when they share a place, the one
  with a name.
- ``@import``: imports, includes and package declarations; their tokens are dropped.
- ``@statement``: top-level statements; consecutive ones that define nothing become a block.

Any other capture only serves a predicate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import tree_sitter

from codesearch.core.types import FragmentKind
from indexer.parsing.grammar import Grammar
from indexer.parsing.languages import Language

_KINDS = {
    "function": FragmentKind.FUNCTION,
    "method": FragmentKind.METHOD,
    "constructor": FragmentKind.CONSTRUCTOR,
    "lambda": FragmentKind.LAMBDA,
    "class": FragmentKind.CLASS,
}
_MAX_NAME = 200  # bytes; what is longer is a parse gone wrong, not a name

# Each level repeats the tokens of the ones inside it: a file of nested definitions would grow with its
# square.
_MAX_NESTING = 32

# `Stack<T>::push`, `Account.deposit`, `Account:deposit`: the part before the last separator names the
# container.
_QUALIFIED = re.compile(r"([\w$<>,\s*&:.]+?)(?:::|[.:])((?:~?[\w$]+|operator\b.*))")


@dataclass(frozen=True, slots=True)
class Definition:
    """One definition of a source; ``start`` and ``end`` are byte offsets, the end exclusive."""

    kind: FragmentKind
    name: str
    container: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Outline:
    """What a source defines.

    Attributes:
        definitions: By start, outer before inner; names, containers and kinds are final.
        imports: Byte ranges of import declarations.
        statements: Byte ranges of all top-level statements, definitions among them.
        damaged: Whether there are syntax errors.
    """

    definitions: tuple[Definition, ...]
    imports: tuple[tuple[int, int], ...]
    statements: tuple[tuple[int, int], ...]
    damaged: bool


def outline(source: bytes, language: Language, grammar: Grammar, seconds: float | None = None) -> Outline:
    """Parse a source and collect what it defines; syntax errors only make it ``damaged``.

    Raises:
        TooSlow: Parsing takes longer than ``seconds``, where they are given.
    """
    root = grammar.tree(source, seconds).root_node
    imports: list[tuple[int, int]] = []
    statements: list[tuple[int, int]] = []
    gathered = _Gathered()
    for _, captures in grammar.definitions.matches(root):
        for capture, nodes in captures.items():
            place = nodes[0].start_byte, nodes[0].end_byte
            if capture == "statement":
                statements.append(place)
            elif capture == "import":
                imports.append(place)
            elif (kind := _KINDS.get(capture)) is not None:
                names = captures.get("name")
                name, container = _text(source, names), _text(source, captures.get("container"))
                gathered.add(
                    Definition(kind, name, container, *place), names[0].start_byte if names else None
                )
    return Outline(
        tuple(_resolved(gathered.ordered(), language.constructors)),
        tuple(imports),
        tuple(statements),
        root.has_error,
    )


class _Gathered:
    """Definitions as the patterns find them, which may find one several times."""

    def __init__(self) -> None:
        self._by_place: dict[tuple[int, int], Definition] = {}
        self._widest: dict[int, Definition] = {}
        self._narrower: set[tuple[int, int]] = set()

    def add(self, found: Definition, name_place: int | None) -> None:
        """Add one; ``name_place`` is the byte offset of its name, None when it has none."""
        place = found.start, found.end
        if name_place is None:
            self._by_place.setdefault(place, found)
            return
        known = self._widest.get(name_place, found)
        if found.end - found.start < known.end - known.start:
            self._narrower.add(place)
            return
        if (known.start, known.end) != place:
            self._narrower.add((known.start, known.end))
        self._widest[name_place] = self._by_place[place] = found

    def ordered(self) -> list[Definition]:
        """By start, outer before inner, each once."""
        kept = (found for place, found in self._by_place.items() if place not in self._narrower)
        return sorted(kept, key=lambda found: (found.start, -found.end))


def _text(source: bytes, nodes: list[tree_sitter.Node] | None) -> str:
    """A name as people write it: one line, without the quotes of a property key; empty when there is none."""
    if not nodes:
        return ""
    text = source[nodes[0].start_byte : min(nodes[0].end_byte, nodes[0].start_byte + _MAX_NAME)]
    return " ".join(text.decode("utf-8", "replace").split()).strip("\"'`")


def _resolved(definitions: Iterable[Definition], constructors: frozenset[str]) -> Iterable[Definition]:
    """Fill in containers and tell methods and constructors from functions, in one pass with a stack."""
    enclosing: list[Definition] = []
    for found in definitions:
        while enclosing and enclosing[-1].end <= found.start:
            enclosing.pop()
        if len(enclosing) == _MAX_NESTING:
            continue
        outer = enclosing[-1] if enclosing else None
        resolved = _placed(found, outer, constructors)
        # What has no name passes on the name around it.
        enclosing.append(resolved if resolved.name else replace(resolved, name=resolved.container))
        yield resolved


def _placed(found: Definition, outer: Definition | None, constructors: frozenset[str]) -> Definition:
    """One definition inside ``outer``, the nearest one around it."""
    kind, name = found.kind, found.name
    container = found.container or (outer.name if outer else "")
    if kind is FragmentKind.CLASS or kind is FragmentKind.LAMBDA:
        return replace(found, container=container)
    qualified = _QUALIFIED.fullmatch(name)
    if qualified is not None:
        container, name = qualified[1], qualified[2]
    inside_class = found.container != "" or (outer is not None and outer.kind is FragmentKind.CLASS)
    if kind is FragmentKind.FUNCTION and (inside_class or qualified is not None):
        kind = FragmentKind.METHOD
    if kind is FragmentKind.METHOD and name and (name in constructors or name == container):
        kind = FragmentKind.CONSTRUCTOR
    return replace(found, kind=kind, name=name, container=container)
