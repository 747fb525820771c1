"""Reading the names of a piece of code off its syntax tree."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import NamedTuple

import tree_sitter

from indexer.parsing.grammar import grammar_for
from indexer.parsing.languages import Language, registry

_QUERIES = Path(__file__).parent

_SIGILS = frozenset(b"@:#$")
_SIGIL = re.compile(rb"[@:#$]*(?=[\w\x80-\xff])")
_DOLLAR = ord("$")
_SUFFIXES = frozenset(b"?!=")  # of methods in Ruby

# Names that a language gives a meaning, whoever declares them, and words that only a broken parse takes for
# names.
_MEANT = re.compile(
    rb"\$?(?:_|__\w+__|[mM]ain|this|[sS]elf|cls|constructor|init(?:ialize)?|toString|to_s|apply|unapply|invoke"
    rb"|__(?:construct|destruct|get|set|call|toString)|\$(?:_[A-Z]+|GLOBALS|argv|argc)"
    rb"|if|else|for|while|return|break|continue)"
)
_RAW_WORD = re.compile(rb"(?P<link>\.|->|::)?\b(?P<word>[A-Za-z_]\w*)")

Captures = Mapping[str, Sequence[tree_sitter.Node]]


class Role(Enum):
    """How a name stands in the code; the later one counts where a place has several."""

    PLAIN = "name"
    TYPE = "type"
    DECLARED = "declared"
    ACCESS = "access"
    CALL = "call"
    KEYWORD = "keyword"
    MEMBER = "member"
    OWN = "own"
    EXTENSION = "extension"


_STAND_ALONE = frozenset({Role.DECLARED, Role.OWN, Role.EXTENSION})


class Occurrence(NamedTuple):
    """One place of a name; a tuple, because there are hundreds in every fragment.

    Attributes:
        start: Byte offset of the name, after its sigil.
        end: Byte offset after it, before its suffix.
        name: What it is called: ``@total``, ``:total`` and ``total`` are one name (Ruby), but the variable
            ``$count`` is not the function ``count`` (PHP).
        role: How it stands there.
    """

    start: int
    end: int
    name: bytes
    role: Role


@dataclass(frozen=True, slots=True)
class Names:
    """What a piece of code declares.

    Attributes:
        occurrences: Every identifier, by start.
        declared: Names that stand by themselves.
        members: For the name of each field and method, the classes that declare it; a member of no class
            that has a name has none.
        known: All of these and the classes, also those that keep their names (``main``).
        classes: All classes that the code defines or extends.
        held: Those that the code also names outside of their definitions, so that it may hold values of them.
        selves: What methods call their own object where that is a name like any other (Go).
    """

    occurrences: Sequence[Occurrence]
    declared: frozenset[bytes]
    members: Mapping[bytes, frozenset[bytes]]
    known: frozenset[bytes]
    classes: frozenset[bytes]
    held: frozenset[bytes]
    selves: frozenset[bytes]


def can_read(language: Language) -> bool:
    """Whether :func:`read_names` knows the language."""
    return registry().grammar_available(language) and (_QUERIES / f"{language.query}.scm").is_file()


def read_names(source: bytes, language: Language) -> Names:
    """The names of a source; around syntax errors, those that the grammar still recognises.

    Args:
        source: UTF-8.
        language: One that :func:`can_read` accepts.
    """
    parser = grammar_for(source, language).parser
    root = parser.parse(source).root_node
    captures = _cursor(parser.language, language.query).captures(root)
    occurrences = _occurrences(source, captures, damaged=root.has_error)
    classes = _Classes(source, captures)
    declared: set[bytes] = set()
    members: defaultdict[bytes, set[bytes]] = defaultdict(set)
    anywhere: set[bytes] = set()
    held: set[bytes] = set()
    for start, _, name, role in occurrences:
        if (role is Role.PLAIN or role is Role.TYPE) and start not in classes.places:
            held.add(name)
        if role in _STAND_ALONE:
            declared.add(name)
        if role is Role.MEMBER or role is Role.OWN:
            members[name] |= classes.around(start)
        if role is Role.EXTENSION:
            anywhere.add(name)
    declared |= _macro_variables(source, captures, anywhere)
    owners = {name: frozenset(found) for name, found in members.items()}
    owners |= dict.fromkeys(anywhere, frozenset())
    return Names(
        occurrences,
        frozenset(name for name in declared if not _MEANT.fullmatch(name)),
        {name: found for name, found in owners.items() if not _MEANT.fullmatch(name)},
        frozenset(name.lstrip(b"$") for name in declared | classes.names | owners.keys()),
        classes.names,
        classes.names & (held | _texts(source, captures, "held")),
        _texts(source, captures, "self"),
    )


@cache
def _cursor(grammar: tree_sitter.Language, query: str) -> tree_sitter.QueryCursor:
    return tree_sitter.QueryCursor(tree_sitter.Query(grammar, (_QUERIES / f"{query}.scm").read_text("utf-8")))


def _texts(source: bytes, captures: Captures, capture: str) -> frozenset[bytes]:
    return frozenset(source[node.start_byte : node.end_byte] for node in captures.get(capture, ()))


def _occurrences(source: bytes, captures: Captures, *, damaged: bool) -> list[Occurrence]:
    """Each identifier once, by start."""
    found: dict[int, tuple[int, Role]] = {}
    variables = set()
    for role in Role:
        for node in captures.get(role.value, ()):
            start, end = node.start_byte, node.end_byte
            if start == end:  # the grammar misses a name here
                continue
            if source[end - 1] in _SUFFIXES:
                end -= 1
            if source[start] in _SIGILS and (sigil := _SIGIL.match(source, start, end)):
                if source[start] == _DOLLAR:
                    variables.add(sigil.end())
                start = sigil.end()
            doubted = role is Role.DECLARED and damaged and _is_doubtful(source, node)
            found[start] = end, Role.PLAIN if doubted else role
    for node in captures.get("raw", ()):
        for word in _RAW_WORD.finditer(source, node.start_byte, node.end_byte):
            found[word.start("word")] = word.end(), Role.ACCESS if word["link"] else Role.PLAIN
    return [
        Occurrence(
            start,
            end,
            b"$" + source[start:end]
            if start in variables and (role is Role.PLAIN or role is Role.DECLARED)
            else source[start:end],
            role,
        )
        for start, (end, role) in sorted(found.items(), key=lambda item: item[0])
    ]


def _is_doubtful(source: bytes, node: tree_sitter.Node) -> bool:
    """Whether a declaration is more likely a misread call: ``return value of scanf`` declares nothing.

    It has syntax errors of its own, and what it would declare is called.
    """
    around = node.parent
    while around is not None and around.type.endswith("declarator"):
        around = around.parent
    if around is None or not any(child.is_error for child in around.children):
        return False
    name = re.escape(source[node.start_byte : node.end_byte])
    return re.search(rb"\b%b\s*\(" % name, source) is not None


def _macro_variables(source: bytes, captures: Captures, macros: set[bytes]) -> set[bytes]:
    """First arguments of the code's own macros: ``rep(i, n)`` declares ``i``."""
    found = set()
    for node in captures.get("argument", ()):
        inner: tree_sitter.Node | None = node
        while inner is not None and inner.prev_named_sibling is None:
            inner = inner.parent
        macro = None if inner is None else inner.prev_named_sibling
        if macro is not None and source[macro.start_byte : macro.end_byte] in macros:
            found.add(source[node.start_byte : node.end_byte])
    return found


class _Classes:
    """The classes of a source.

    Attributes:
        places: Byte offsets at which a class is named as what it is, not as something that is held.
        names: All their names.
    """

    def __init__(self, source: bytes, captures: Captures) -> None:
        owners = sorted((node.start_byte, node.end_byte) for node in captures.get("owner", ()))
        self._names = [source[start:end] for start, end in owners]
        self._starts = [start for start, _ in owners]
        self._ranges = sorted((node.start_byte, node.end_byte) for node in captures.get("owned", ()))
        self.places = frozenset(self._starts)
        self.names = frozenset(self._names)

    def around(self, place: int) -> frozenset[bytes]:
        """The innermost class around a byte offset, or none."""
        inside = [start for start, end in self._ranges if start <= place < end]
        if not inside:
            return frozenset()
        # A definition names its class before anything else that is named in it.
        return frozenset(self._names[(first := bisect_left(self._starts, inside[-1])) : first + 1])
