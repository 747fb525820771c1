"""Answers in pages: as much as a model should read at once, and a cursor for the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Generic, TypeVar

from codesearch.core.errors import UsageError
from codesearch.mcp_server.request import Request
from codesearch.report.json_documents import Document
from codesearch.serving.live_index import LiveIndex

PAGE_CHARACTERS = 6000
"""Text of a page, about 2,000 tokens: several answers fit beside the code that an agent works on."""

PAGE_ITEMS = 20
"""Likewise, of items: their documents are longer than their texts, and some clients show a model those."""

_CURSOR = re.compile(r"(\d{1,9})\.([0-9a-f]{16})")

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Consecutive items of an answer.

    Attributes:
        items: What is shown.
        texts: Each of them in words.
        first: Number of the first one, from 0.
        total: Number of all.
        cursor: Gets the next page; empty on the last one.
    """

    items: tuple[Item, ...]
    texts: tuple[str, ...]
    first: int
    total: int
    cursor: str

    @property
    def rest(self) -> str:
        """What was left out and how to get it; empty where nothing was."""
        left = self.total - self.first - len(self.items)
        return f"{left:,} more: call again with cursor {self.cursor!r}." if self.cursor else ""

    def document(self) -> Document:
        """What a program needs to go on; ``next_cursor`` is None on the last page."""
        return {
            "first": self.first,
            "shown": len(self.items),
            "total": self.total,
            "next_cursor": self.cursor or None,
        }


def cut_page(
    index: LiveIndex, request: Request, cursor: str, items: Sequence[Item], text_of: Callable[[Item], str]
) -> Page[Item]:
    """The page at a cursor: at most :data:`PAGE_ITEMS` items and :data:`PAGE_CHARACTERS`, but at least one.

    Args:
        index: Its state decides whether the cursor still means the same list.
        request: What is asked; all but its cursor decides likewise.
        cursor: From the page before; empty for the first one.
        items: The whole list.
        text_of: An item in words; asked of those on the page alone, because it may read files.

    Raises:
        UsageError: The cursor is none of this list.
    """
    asked = request.model_dump_json(exclude={"cursor"})
    list_id = blake2b(f"{index.state}{asked}".encode(), digest_size=8).hexdigest()
    first = _first_item(cursor, list_id)
    texts: list[str] = []
    left = PAGE_CHARACTERS
    for item in items[first : first + PAGE_ITEMS]:
        text = text_of(item)
        if texts and len(text) > left:
            break
        texts.append(text)
        left -= len(text)
    last = first + len(texts)
    following = f"{last}.{list_id}" if last < len(items) else ""
    return Page(tuple(items[first:last]), tuple(texts), first, len(items), following)


def _first_item(cursor: str, list_id: str) -> int:
    if not cursor:
        return 0
    found = _CURSOR.fullmatch(cursor)
    if found is None or found[2] != list_id:
        raise UsageError(
            "the cursor is of another question, or the index has changed since", "ask again without cursor"
        )
    return int(found[1])
