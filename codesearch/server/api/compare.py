"""``/compare``: one pair."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from codesearch.report.json_documents import compare_document
from codesearch.server.api.etag import json_answer
from codesearch.server.models.requests import Comparison
from codesearch.server.models.results import CompareDocument
from codesearch.server.security.scopes import reads_visible
from codesearch.server.state import State
from codesearch.server.work.compare import compare
from codesearch.serving.cuts import cut_result

router = APIRouter(prefix="/compare", tags=["search"], dependencies=[reads_visible])


@router.post(
    "",
    operation_id="compareCode",
    summary="Compare two pieces of code",
    responses={200: {"model": CompareDocument}},
)
async def compare_code(state: State, comparison: Comparison) -> Response:
    """The verdict with aligned lines; where a side has several fragments, of the best pair and all pairs."""

    def work() -> Response:
        sides = comparison.a.named(), comparison.b.named()
        return json_answer(
            compare_document(cut_result(compare(state.index, *sides, judge=comparison.judge).result))
        )

    return await state.pool.run(work)
