"""Code that transformations take and give: a text, with the tokens that its grammar sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from indexer.parsing.grammar import grammar_for
from indexer.parsing.languages import registry

if TYPE_CHECKING:
    import tree_sitter

_ATOMIC = re.compile(r"string|comment|heredoc|regex|preproc|char|rune_literal")
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")

HASH_COMMENTS = frozenset({"python", "ruby"})
FREE_LAYOUT = frozenset({"java", "c", "rust"})
"""Languages in which any white space may be a line break."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token, comments included; strings and regular expressions are one each.

    Attributes:
        start: Offset of its first byte.
        end: Offset after its last byte; line ends that the grammar counts among its bytes are not.
        kind: Type of its node.
        text: What stands there.
        depth: Brackets that are open before it.
    """

    start: int
    end: int
    kind: str
    text: bytes
    depth: int

    @property
    def is_comment(self) -> bool:
        return "comment" in self.kind


@dataclass(frozen=True, slots=True)
class Code:
    """A text in a language.

    Attributes:
        text: UTF-8 with line feeds.
        language: Registry id.
    """

    text: bytes
    language: str

    def tree(self) -> tree_sitter.Node:
        """Root of its syntax tree."""
        grammar = grammar_for(self.text, registry().get(self.language))
        return grammar.parser.parse(self.text).root_node

    def tokens(self) -> list[Token]:
        """Its tokens in order."""
        tokens: list[Token] = []
        depth = 0
        for node in atoms(self.tree()):
            text = self.text[node.start_byte : node.end_byte].rstrip(b"\n")
            depth -= text.decode(errors="replace") in _CLOSING
            tokens.append(Token(node.start_byte, node.start_byte + len(text), node.type, text, depth))
            depth += text.decode(errors="replace") in _OPENING
        return tokens

    def line_ends(self) -> list[int]:
        """Offsets of the line feeds that end a line of code: none in a string, in a comment of several lines
        or after a backslash.
        """
        inside = [(token.start, token.end) for token in self.tokens() if b"\n" in token.text]
        return [
            match.start()
            for match in re.finditer(rb"(?<!\\)\n", self.text)
            if not any(start <= match.start() < end for start, end in inside)
        ]

    def edited(self, edits: dict[tuple[int, int], bytes]) -> Code:
        """The same with other bytes at some places, which do not overlap."""
        parts, last = [], 0
        for (start, end), text in sorted(edits.items()):
            parts += [self.text[last:start], text]
            last = end
        return replace(self, text=b"".join([*parts, self.text[last:]]))


def atoms(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """Nodes without parts that matter, in order, but for empty ones."""
    stack = [node]
    while stack:
        node = stack.pop()
        if node.children and not _ATOMIC.search(node.type):
            stack.extend(reversed(node.children))
        elif node.end_byte > node.start_byte:
            yield node


def descendants(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """A node and everything below it, in order."""
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.children))
