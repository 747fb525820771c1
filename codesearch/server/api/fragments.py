"""``/fragments``: what the index knows of a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from codesearch.core.store.occurrences import Occurrence
from codesearch.report.json_documents import Document
from codesearch.server.api.etag import document_answer
from codesearch.server.api.paging import Paged, cut_page
from codesearch.server.failures import NotFound
from codesearch.server.models.results import FragmentsDocument
from codesearch.server.security.scopes import reads_visible
from codesearch.server.state import State
from codesearch.serving.fragments import indexed_file, is_unchanged, lines_now
from codesearch.serving.sources import LINES, line_range

MOST_CHARACTERS = 1_000_000
"""Code of one page: fragments nest, so that a page of them may have many times the characters of the file."""

router = APIRouter(prefix="/fragments", tags=["search"], dependencies=[reads_visible])


@router.get(
    "",
    operation_id="listFragments",
    summary="Fragments of an indexed file",
    responses={200: {"model": FragmentsDocument}, 404: {}},
)
async def list_fragments(
    request: Request,
    state: State,
    window: Paged,
    corpus: Annotated[
        str, Query(min_length=1, max_length=1000, description="Name of an indexed corpus.", examples=["app"])
    ],
    path: Annotated[
        str,
        Query(
            min_length=1,
            max_length=4096,
            description="Relative to the corpus root.",
            examples=["shop/orders.py"],
        ),
    ],
    lines: Annotated[
        str, Query(pattern=LINES, description="Only fragments that touch these, such as `10-31`.")
    ] = "",
) -> Response:
    """By line, outer before inner, each with its code as the file is now."""

    def work() -> Response:
        known = indexed_file(state.index, corpus, path)
        if known is None:
            raise NotFound(
                f"{corpus}/{path} is no indexed file", "take corpus and path from a match, or from /corpora"
            )
        touched = line_range(lines)
        fragments = [one for one in known.fragments if touched is None or _touches(one, touched)]
        code = _Code(lines_now(state.index, corpus, path) or ())
        page = cut_page(request, window, fragments, lambda one: _fields(one, code))
        unchanged = is_unchanged(state.index, corpus, path, known.file)
        document = {
            "schema": "codesearch.fragments/1",
            "degraded": [*([] if unchanged else ["source:changed"]), *code.degraded],
            "corpus": corpus,
            "path": path,
            "role": str(known.file.role),
            **page,
        }
        return document_answer(request, document)

    return await state.pool.run(work)


def _fields(fragment: Occurrence, code: _Code) -> Document:
    return {
        "kind": str(fragment.kind),
        "name": fragment.name,
        "container": fragment.container,
        "start_line": fragment.place.start_line,
        "end_line": fragment.place.end_line,
        "language": fragment.language,
        "content": fragment.key.hex(),
        "code": code.of(fragment),
    }


def _touches(fragment: Occurrence, lines: tuple[int, int]) -> bool:
    return fragment.place.start_line <= lines[1] and lines[0] <= fragment.place.end_line


class _Code:
    """The code of a file's fragments, as long as a page has room for it."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._left = MOST_CHARACTERS
        self.degraded: list[str] = []

    def of(self, fragment: Occurrence) -> str | None:
        """The lines of a fragment; None where they are gone, or there is no more room."""
        place = fragment.place
        if place.end_line > len(self._lines):
            return None
        code = "\n".join(self._lines[place.start_line - 1 : place.end_line])
        if len(code) > self._left:
            self.degraded = ["source:left-out"]
            return None
        self._left -= len(code)
        return code
