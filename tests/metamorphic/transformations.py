"""What may be done to code without changing what it is: one value each, to be composed.

Each says the loosest type that the result is a clone of, whatever it was applied to: layout and comments keep
Type-1, names and literals Type-2 (Roy and Cordy 2007).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random

from metamorphic.local_names import all_names, local_names
from metamorphic.source_code import FREE_LAYOUT, HASH_COMMENTS, Code, Token, descendants

from codesearch.core.results import CloneType

_WORDS = ("remember the order", "ändert nichts", "何も変わらない", "ничего не меняет", "🙂 42 'x' \"y\"")
_STEMS = ("alpha", "beta", "gamma", "delta", "omega")


@dataclass(frozen=True, slots=True)
class Transformation:
    """One way to write the same again.

    Attributes:
        name: For people.
        apply: The code after it; chance decides where it acts.
        keeps: The loosest type of clone that it makes.
        languages: Where it can be applied; empty for everywhere.
    """

    name: str
    apply: Callable[[Code, Random], Code]
    keeps: CloneType = CloneType.T1
    languages: frozenset[str] = frozenset()

    def fits(self, language: str) -> bool:
        """Whether it can be applied to code of a language."""
        return not self.languages or language in self.languages


def transformed(code: Code, steps: Iterable[Transformation], random: Random) -> Code:
    """The code after several steps; those that do not fit its language are left out."""
    for step in steps:
        if step.fits(code.language):
            code = step.apply(code, random)
    return code


def loosest(code: Code, steps: Iterable[Transformation]) -> CloneType:
    """The loosest type of clone that several steps make of the code."""
    return max([CloneType.T1, *(step.keeps for step in steps if step.fits(code.language))])


def _at_line_ends(code: Code, random: Random, made: Callable[[], bytes], share: float = 0.4) -> Code:
    """The code with something before some line ends."""
    chosen = [end for end in code.line_ends() if random.random() < share]
    return code.edited({(end, end): made() for end in chosen})


def add_trailing_space(code: Code, random: Random) -> Code:
    return _at_line_ends(code, random, lambda: random.choice([b" ", b"\t", b"  \t "]))


def add_blank_lines(code: Code, random: Random) -> Code:
    return _at_line_ends(code, random, lambda: b"\n" * random.randint(1, 3))


def add_comments(code: Code, random: Random) -> Code:
    """Comments after statements and on lines of their own, in several languages of people.

    In Python none stands left of the line before it: after an operator in brackets its grammar takes one that
    does for the end of the block.
    """
    mark = b"#" if code.language in HASH_COMMENTS else b"//"
    ends = random.sample(ends := code.line_ends(), len(ends) // 2)
    lines = {}
    for end in ends:
        words = mark + b" " + random.choice(_WORDS).encode()
        last = len(code.text[:end].rstrip())  # of the line before, blank ones left out
        margin = _margin(code.text, last) if code.language == "python" else b""
        alone = b"\n" + margin + b" " * random.randrange(9) + words
        lines[end, end] = random.choice([b"  " + words, alone])
    return code.edited(lines)


def add_block_comments(code: Code, random: Random) -> Code:
    """Comments between the tokens of a line."""
    chosen = [token for token in code.tokens() if not token.is_comment and random.random() < 0.1]
    return code.edited(
        {(token.start, token.start): b"/* " + b"x" + b" */ " for token in chosen if token.depth}
    )


def remove_comments(code: Code, random: Random) -> Code:
    del random
    return code.edited({(token.start, token.end): b" " for token in _comments(code)})


def edit_comments(code: Code, random: Random) -> Code:
    """Other words in the comments of one line."""
    edits = {}
    for token in _comments(code):
        mark = re.match(rb"#|//", token.text)
        if mark and b"\n" not in token.text:
            edits[token.start, token.end] = mark.group() + b" " + random.choice(_WORDS).encode()
    return code.edited(edits)


def _comments(code: Code) -> list[Token]:
    return [token for token in code.tokens() if token.is_comment]


def reindent(code: Code, random: Random) -> Code:
    """Another width of indentation, or tabs; where layout is syntax, deeper lines stay deeper."""
    starts = [0, *(end + 1 for end in code.line_ends())]
    found = {start: _indent(code.text, start) for start in starts}
    step = random.choice([b"\t", b" ", b"  ", b"   ", b" " * 8])
    if code.language == "python":
        # Only what begins a line of code counts: comments and continued lines may stand anywhere.
        ranks = {width: rank for rank, width in enumerate(sorted(set(found.values())))}
        edits = {(start, start + width): step * ranks[width] for start, width in found.items()}
    else:
        edits = {(start, start + width): step * random.randrange(4) for start, width in found.items()}
    return code.edited(edits)


def _indent(text: bytes, start: int) -> int:
    found = re.compile(rb"[ \t]*").match(text, start)
    return found.end() - start if found else 0


def _margin(text: bytes, place: int) -> bytes:
    """The white space with which the line of a place begins."""
    start = text.rfind(b"\n", 0, place) + 1
    return text[start : start + _indent(text, start)]


def break_lines(code: Code, random: Random) -> Code:
    """Line breaks after commas and opening brackets, where every language takes them.

    No line begins left of the one that it continues: Python's grammar takes one that does for the end of the
    block where it expects no closing bracket, as after ``for a,``.
    """
    chosen = [
        token.end
        for token in code.tokens()
        if (token.text == b"(" or (token.text == b"," and token.depth)) and random.random() < 0.4
    ]
    return code.edited(
        {(end, end): b"\n" + _margin(code.text, end) + b" " * random.randrange(12) for end in chosen}
    )


def break_anywhere(code: Code, random: Random) -> Code:
    """Line breaks instead of blanks, before braces for instance."""
    tokens = code.tokens()
    gaps = [
        (left.end, right.start)
        for left, right in itertools.pairwise(tokens)
        if not (left.is_comment or right.is_comment)
        and code.text[left.end : right.start] == b" "
        and random.random() < 0.3
    ]
    return code.edited({gap: b"\n" + b" " * random.randrange(12) for gap in gaps})


def join_lines(code: Code, random: Random) -> Code:
    """Statements that follow each other on one line."""
    tokens = code.tokens()
    gaps = [
        (left.end, right.start)
        for left, right in itertools.pairwise(tokens)
        if not (left.is_comment or left.kind.startswith("preproc") or right.kind.startswith("preproc"))
        and b"\n" in code.text[left.end : right.start]
        and random.random() < 0.5
    ]
    return code.edited(dict.fromkeys(gaps, b" "))


def add_docstring(code: Code, random: Random) -> Code:
    """A documentation string in functions without one."""
    edits = {}
    for node in descendants(code.tree()):
        body = node.child_by_field_name("body") if node.type == "function_definition" else None
        if body is None or body.start_point[0] == node.start_point[0]:
            continue
        first = body.children[0] if body.children else None
        if first is None or code.text[first.start_byte : first.start_byte + 1] in b"\"'rRbBfFuU":
            continue
        words = f'"""{random.choice(_WORDS[:-1])}.\n\n    Returns:\n  what it returns\n"""\n'
        edits[body.start_byte, body.start_byte] = words.encode() + _margin(code.text, body.start_byte)
    return code.edited(edits)


def rename_locals(code: Code, random: Random) -> Code:
    """Another name for every variable, the same one at all its places."""
    names, taken = local_names(code), all_names(code)
    edits = {}
    for number, places in enumerate(names.values()):
        name = f"{random.choice(_STEMS)}_{number}".encode()
        while name in taken:
            name += b"x"
        edits.update(dict.fromkeys(places, name))
    return code.edited(edits)


def change_numbers(code: Code, random: Random) -> Code:
    """Other whole numbers."""
    numbers = [token for token in code.tokens() if re.fullmatch(rb"[1-9]\d*", token.text)]
    return code.edited({(token.start, token.end): str(random.randint(1, 999)).encode() for token in numbers})


LAYOUT = (
    Transformation("trailing white space", add_trailing_space),
    Transformation("blank lines", add_blank_lines),
    Transformation("another indentation", reindent),
    Transformation("line breaks in brackets", break_lines),
    Transformation("line breaks anywhere", break_anywhere, languages=FREE_LAYOUT),
    Transformation("statements on one line", join_lines, languages=FREE_LAYOUT),
)
COMMENTS = (
    Transformation("comments added", add_comments),
    Transformation("comments removed", remove_comments),
    Transformation("comments edited", edit_comments),
    Transformation(
        "comments between tokens",
        add_block_comments,
        languages=frozenset({"java", "c", "rust", "javascript", "typescript"}),
    ),
    Transformation("documentation strings", add_docstring, languages=frozenset({"python"})),
)
NAMES = (
    Transformation("locals renamed", rename_locals, CloneType.T2),
    Transformation("other numbers", change_numbers, CloneType.T2),
)
ALL = (*LAYOUT, *COMMENTS, *NAMES)
