"""Multisets of member contents, and how a baseline and an acceptance write them.

A word is a content, 32 hexadecimal digits, with ``*N`` behind it when N copies are meant.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from codesearch.core.audit import Member

_WORD = re.compile(r"([0-9a-f]{32})(?:\*([1-9][0-9]{0,8}))?")


def contents_of(members: Iterable[Member]) -> Counter[str]:
    """How often each content stands among the members."""
    return Counter(member.content for member in members)


def content_word(content: str, count: int) -> str:
    """``count`` copies of a content as a word."""
    return content if count == 1 else f"{content}*{count}"


def parse_content(word: str) -> tuple[str, int] | None:
    """Content and number of copies of a word; None when it is not one."""
    found = _WORD.fullmatch(word)
    return None if found is None else (found[1], int(found[2] or 1))
