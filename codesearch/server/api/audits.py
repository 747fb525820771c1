"""``/audits``: the history, the last audit, its classes, and reports of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from codesearch.core.results import CloneType
from codesearch.core.types import Role
from codesearch.report.audit_history_document import audit_run_fields
from codesearch.server.api.etag import document_answer
from codesearch.server.api.paging import Paged, list_answer
from codesearch.server.downloads import FILES, audit_download
from codesearch.server.models.audits import AuditDocument, AuditHistory, ClassDocument, ClassesDocument
from codesearch.server.security.scopes import reads, reads_visible
from codesearch.server.state import State
from codesearch.server.work.audits import (
    Order,
    Shown,
    WantedClasses,
    audit_fields,
    audit_runs,
    chosen_classes,
    class_of,
    last_audit,
)
from codesearch.serving.cuts import cut_class, degraded_by

MAX_TEXT = 500

router = APIRouter(prefix="/audits", tags=["audits"], dependencies=[reads_visible])


@router.get(
    "",
    operation_id="listAudits",
    summary="Audits so far",
    dependencies=[reads],
    responses={200: {"model": AuditHistory}},
)
async def list_audits(request: Request, state: State, window: Paged) -> Response:
    """Newest first, those that failed or still run among them; as `codesearch audit history --json`."""

    def work() -> Response:
        runs = audit_runs(state.index)
        return list_answer(request, window, "codesearch.audit-runs/1", runs, audit_run_fields)

    return await state.pool.run(work)


@router.get(
    "/latest",
    operation_id="getLatestAudit",
    summary="The last audit",
    dependencies=[reads],
    responses={200: {"model": AuditDocument}, 404: {}},
)
async def latest_audit(request: Request, state: State) -> Response:
    """The whole document with all its classes, as `codesearch audit --json`."""

    def work() -> Response:
        return document_answer(request, audit_fields(last_audit(state.index)))

    return await state.pool.run(work)


def _wanted(
    types: Annotated[frozenset[CloneType], Query(description="Clone types; all by default.")] = frozenset(),
    roles: Annotated[frozenset[Role], Query(description="Roles of classes; all by default.")] = frozenset(),
    languages: Annotated[
        frozenset[str], Query(max_length=100, description="Ids such as `python`, of one member at least.")
    ] = frozenset(),
    folder: Annotated[
        str,
        Query(
            max_length=MAX_TEXT,
            description="Folder or file that holds a member; behind the corpus where there are several.",
        ),
    ] = "",
    text: Annotated[
        str, Query(max_length=MAX_TEXT, description="Part of the name or path of a member, in any case.")
    ] = "",
    min_lines: Annotated[int, Query(ge=0, le=1_000_000, description="Lines of the longest member.")] = 0,
    shown: Annotated[
        Shown, Query(description="Reported classes, the new ones of them, or what was found and is hidden.")
    ] = Shown.REPORTED,
    sort: Annotated[Order, Query(description="What comes first, the most of it.")] = Order.MERGE_VALUE,
) -> WantedClasses:
    return WantedClasses(types, roles, languages, folder, text, min_lines, shown, sort)


@router.get(
    "/latest/classes",
    operation_id="listCloneClasses",
    summary="Clone classes of the last audit",
    responses={200: {"model": ClassesDocument}, 404: {}},
)
async def list_classes(
    request: Request, state: State, window: Paged, wanted: Annotated[WantedClasses, Depends(_wanted)]
) -> Response:
    """Most worth merging first, unless another order is asked for; a class must fit every filter."""

    def work() -> Response:
        audit = last_audit(state.index)
        found = chosen_classes(audit, wanted)
        degraded = [*audit.report.degraded, *degraded_by(window.of(found))]
        return list_answer(request, window, "codesearch.audit-classes/1", found, cut_class, degraded=degraded)

    return await state.pool.run(work)


@router.get(
    "/latest/classes/{class_id}",
    operation_id="getCloneClass",
    summary="One clone class",
    responses={200: {"model": ClassDocument}, 404: {}},
)
async def get_class(request: Request, state: State, class_id: str) -> Response:
    """A class of the last audit by its whole id, a hidden one too; as `codesearch audit show --json`."""

    def work() -> Response:
        audit = last_audit(state.index)
        found = class_of(audit, class_id)
        degraded = [*audit.report.degraded, *degraded_by([found])]
        head = {"schema": "codesearch.audit-class/1", "degraded": degraded}
        return document_answer(request, {**head, **cut_class(found)})

    return await state.pool.run(work)


@router.get(
    "/latest/report",
    operation_id="getAuditReport",
    summary="The last audit as a file",
    dependencies=[reads],
    responses={
        200: {
            "description": "The report, as a file to keep.",
            "content": {media_type: {} for _, media_type in FILES.values()},
        },
        404: {},
    },
)
async def get_report(
    state: State,
    format: Annotated[str, Query(description=f"One of {', '.join(FILES)}.")],
) -> Response:
    """In every format of `codesearch audit --format`."""
    return await audit_download(state, format)
