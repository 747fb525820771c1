"""Long lists in pages: ``?offset=&limit=``, answered with the page and the address of the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from codesearch.report.json_documents import Document
from codesearch.server.api.etag import document_answer

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
MAX_OFFSET = 2**31 - 1

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is wanted: ``limit`` items at most, the first ``offset`` of the list left out."""

    offset: int
    limit: int

    def of(self, items: Sequence[Item]) -> Sequence[Item]:
        """The items in it."""
        return items[self.offset : self.offset + self.limit]


async def _window(
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET, description="Items to leave out.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items at most.")] = DEFAULT_LIMIT,
) -> Window:
    return Window(offset, limit)


Paged = Annotated[Window, Depends(_window)]
"""Parameter of a route that answers with a page."""


def page_document(request: Request, window: Window, items: Iterable[Document], total: int) -> Document:
    """The items of a window as a page.

    Args:
        request: Whose address, with another offset, is that of the next page.
        window: What was asked for.
        items: The documents in it.
        total: Length of the whole list.
    """
    following = window.offset + window.limit
    address = request.url.include_query_params(offset=following, limit=window.limit)
    return {
        "items": list(items),
        "total": total,
        "offset": window.offset,
        "limit": window.limit,
        "next": f"{address.path}?{address.query}" if following < total else None,
    }


def cut_page(
    request: Request, window: Window, items: Sequence[Item], document_of: Callable[[Item], Document]
) -> Document:
    """The page of a whole list; ``document_of`` is asked about the items of the page alone."""
    return page_document(request, window, map(document_of, window.of(items)), len(items))


def list_answer(
    request: Request,
    window: Window,
    schema: str,
    items: Sequence[Item],
    document_of: Callable[[Item], Document],
    *,
    degraded: Sequence[str] = (),
    **head: object,
) -> Response:
    """The answer to a GET of a list: the page that is wanted of it.

    Args:
        request: Whose answer this is.
        window: The part of the list.
        schema: Name and version of the document.
        items: The whole list.
        document_of: Is asked about the items of the page alone.
        degraded: What did not run as configured.
        head: Fields before those of the page.
    """
    page = cut_page(request, window, items, document_of)
    return document_answer(request, {"schema": schema, "degraded": list(degraded), **head, **page})
