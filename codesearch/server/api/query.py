"""``/query``: search for clones of a text, of lines of an indexed file, or of an uploaded file."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from codesearch.report.json_documents import query_document
from codesearch.server.api.etag import json_answer
from codesearch.server.models.requests import FileQuery, Query
from codesearch.server.models.results import QueryDocument
from codesearch.server.security.scopes import reads_visible
from codesearch.server.state import ServerState, State
from codesearch.server.work.search import Wanted, search
from codesearch.serving.cuts import cut_result
from codesearch.serving.sources import MOST_CODE, Named

router = APIRouter(prefix="/query", tags=["search"], dependencies=[reads_visible])


@router.post(
    "",
    operation_id="findClones",
    summary="Find clones of code",
    responses={200: {"model": QueryDocument}},
)
async def find_clones(state: State, query: Query) -> Response:
    """Matches per fragment, best first. Name `code`, or the `path` of an indexed file."""
    return await _found(state, query.wanted(query.named()))


@router.post(
    "/file",
    operation_id="findClonesOfFile",
    summary="Find clones of a file",
    responses={200: {"model": QueryDocument}},
)
async def find_clones_of_file(
    state: State, query: Annotated[FileQuery, Form(media_type="multipart/form-data")]
) -> Response:
    """The same for an uploaded file, whose name helps to tell its language."""
    raw = await query.file.read(MOST_CODE + 1)
    named = Named(code=raw, language=query.language, name=query.file.filename or "")
    return await _found(state, query.wanted(named))


async def _found(state: ServerState, wanted: Wanted) -> Response:
    # The document is written in the thread that searched: the event loop only passes bytes on.
    return await state.pool.run(
        lambda: json_answer(query_document(cut_result(search(state.index, wanted).result)))
    )
