"""Verdicts of people: given, listed, exported and imported; and the pairs that wait for one."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from codesearch.core.results import Verdict
from codesearch.report.feedback_document import (
    kept_document,
    precedent_fields,
    precedents_document,
)
from codesearch.server.api.etag import json_answer
from codesearch.server.api.paging import Paged, list_answer
from codesearch.server.models.feedback import (
    Imported,
    Precedents,
    ReviewDocument,
    VerdictRequest,
    VerdictsDocument,
)
from codesearch.server.security.scopes import reads, writes
from codesearch.server.state import State
from codesearch.server.work.feedback import JSON_LINES, by_whom, exported, import_verdicts, read_upload, said
from codesearch.server.work.review import open_pair_fields
from codesearch.server.work.verdicts import judge_class, judge_pair

router = APIRouter(tags=["feedback"])


@router.get(
    "/feedback",
    dependencies=[reads],
    operation_id="listFeedback",
    summary="Verdicts of people",
    responses={200: {"model": VerdictsDocument}},
)
async def list_feedback(
    request: Request,
    state: State,
    window: Paged,
    q: Annotated[str, Query(max_length=200, description="In the code, the reason or the name.")] = "",
    verdict: Annotated[Verdict | None, Query(description="Only these.")] = None,
) -> Response:
    """Newest first."""

    def work() -> Response:
        found = said(state.index, q, verdict)
        return list_answer(request, window, "codesearch.verdicts/1", found, precedent_fields)

    return await state.pool.run(work)


@router.post(
    "/feedback",
    dependencies=[writes],
    status_code=HTTPStatus.CREATED,
    operation_id="giveFeedback",
    summary="Say whether fragments are clones",
    responses={201: {"model": Precedents}},
)
async def give_feedback(request: Request, state: State, wanted: VerdictRequest) -> Response:
    """There is one verdict per pair of contents, the last one. Audits hide what was rejected."""
    by = by_whom(request) if wanted.by is None else wanted.by
    verdict = Verdict(wanted.verdict)

    def work() -> Response:
        if wanted.a is not None and wanted.b is not None:
            pair = wanted.a.named(), wanted.b.named()
            kept = judge_pair(state.index, pair, verdict, reason=wanted.reason, by=by)
        else:
            kept = judge_class(state.index, wanted.class_id or "", verdict, reason=wanted.reason, by=by)
        return json_answer(precedents_document(kept), HTTPStatus.CREATED)

    return await state.pool.run(work)


@router.get(
    "/feedback/export",
    dependencies=[reads],
    operation_id="exportFeedback",
    summary="All verdicts as JSON Lines",
    responses={200: {"content": {JSON_LINES: {"schema": {"type": "string"}}}}},
)
async def export_feedback(state: State) -> Response:
    """With the code of both sides, as `codesearch feedback export` writes them; equal stores, equal bytes."""

    def work() -> Response:
        headers = {"Content-Disposition": 'attachment; filename="feedback.jsonl"'}
        return Response(exported(state.index), headers=headers, media_type=JSON_LINES)

    return await state.pool.run(work)


@router.post(
    "/feedback/import",
    dependencies=[writes],
    operation_id="importFeedback",
    summary="Add exported verdicts",
    responses={200: {"model": Imported}, 413: {}},
)
async def import_feedback(state: State, file: UploadFile) -> Response:
    """Of two about one pair the newer is kept; nothing is added unless every line is a verdict."""
    text = await read_upload(file)
    return await state.pool.run(lambda: json_answer(kept_document(import_verdicts(state.index, text))))


@router.get(
    "/review",
    dependencies=[reads],
    operation_id="listReview",
    summary="Pairs that wait for a person",
    responses={200: {"model": ReviewDocument}},
)
async def list_review(request: Request, state: State, window: Paged) -> Response:
    """Most informative first; the first call after the index changed looks for them, which takes seconds."""

    def work() -> Response:
        waiting = state.review.waiting(state.index)
        return list_answer(request, window, "codesearch.review/1", waiting, open_pair_fields)

    return await state.pool.run(work)
