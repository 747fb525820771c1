"""Comments in the source that hide findings.

``codesearch-ignore`` on the line before a fragment or on its first line hides that fragment,
``codesearch-ignore-start`` and ``-end`` what lies wholly between them, ``codesearch-ignore-file`` within the
first lines everything in the file. Whatever else the comment says is for people: a reason, best of all.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from codesearch.audit.comments import Comment, comments_with
from codesearch.core.audit import CloneClass, Member
from indexer.parsing.languages import Language, registry

FILE_MARK_LINES = 20  # where people look for what holds for a whole file

_INDENT_BYTES = 256  # a bound, because a line can be as long as its file
_WORD = b"codesearch-ignore"
_LINE_END = re.compile(b"\n")
_MARK = re.compile(rb"(?<![\w-])codesearch-ignore(?:-(start|end|file))?(?![\w-])")

TextOf = Callable[[str, str], bytes | None]
"""Corpus and path to the file's text, UTF-8 with line feeds; None when it cannot be read."""

Rebuild = Callable[[CloneClass, tuple[Member, ...]], CloneClass | None]
"""A class and at least two of its members, in order, to the class of these alone; None when there is none."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What the comments of one file hide.

    Attributes:
        entire: Everything.
        lines: A member that begins on one of these lines.
        regions: First and last lines, inclusive, rising and apart; a member that lies in one of them.
    """

    entire: bool = False
    lines: frozenset[int] = frozenset()
    regions: tuple[tuple[int, int], ...] = ()

    def hide(self, first: int, last: int) -> bool:
        """Whether a member on these lines is hidden."""
        before = bisect_right(self.regions, first, key=lambda region: region[0])
        in_region = before > 0 and last <= self.regions[before - 1][1]
        return self.entire or first in self.lines or in_region


@dataclass(frozen=True, slots=True)
class Unhidden:
    """What the comments leave of the classes, in their order, and how many members they hide."""

    classes: tuple[CloneClass, ...]
    hidden: int


def read_marks(source: bytes, language: Language) -> Marks:
    """The marks in the comments of a source.

    A region that is not closed ends with the file.

    Args:
        source: UTF-8 text with line feeds.
        language: Its language, which says what a comment is.
    """
    if _WORD not in source:
        return Marks()
    line_ends = [found.start() for found in _LINE_END.finditer(source)]
    entire, opened = False, 0
    lines: set[int] = set()
    regions: list[tuple[int, int]] = []
    for comment in comments_with(_WORD, source, language):
        last = bisect_left(line_ends, comment.start + len(comment.text)) + 1
        for mark in _MARK.finditer(comment.text):
            line = bisect_left(line_ends, comment.start + mark.start()) + 1
            match mark[1]:
                case b"file":
                    entire |= line <= FILE_MARK_LINES
                case b"start":
                    opened = opened or line
                case b"end":
                    regions += [(opened, line)] if opened else []
                    opened = 0
                case _:
                    lines |= {line, last + 1} if _stands_alone(comment, source) else {line}
    if opened:
        regions.append((opened, len(line_ends) + 1))
    return Marks(entire, frozenset(lines), tuple(regions))


def hide_ignored(classes: Sequence[CloneClass], text_of: TextOf, rebuild: Rebuild) -> Unhidden:
    """Take the members out that comments hide; a class left with fewer than two disappears.

    Args:
        classes: All classes.
        text_of: Reads a file; called once for each that has members.
        rebuild: Makes the class that the remaining members are.
    """
    known: dict[tuple[str, str], Marks] = {}

    def is_hidden(member: Member) -> bool:
        key = member.place.corpus, member.place.path
        if key not in known:
            known[key] = read_marks(text_of(*key) or b"", registry().get(member.language))
        return known[key].hide(member.place.start_line, member.place.end_line)

    left: list[CloneClass | None] = []
    hidden = 0
    for found in classes:
        members = tuple(member for member in found.members if not is_hidden(member))
        hidden += len(found.members) - len(members)
        if len(members) == len(found.members):
            left.append(found)
        elif len(members) > 1:
            left.append(rebuild(found, members))
    return Unhidden(tuple(found for found in left if found is not None), hidden)


def _stands_alone(comment: Comment, source: bytes) -> bool:
    """Whether no code stands before a comment on its line: one behind code is about that code alone."""
    before = source[max(0, comment.start - _INDENT_BYTES) : comment.start]
    return not before.rpartition(b"\n")[2].strip()
