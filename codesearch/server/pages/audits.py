"""``/audits``: runs and figures, the classes of the last audit, one of them, and reports to keep."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Form
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from codesearch.core.feedback import MAX_REASON
from codesearch.core.results import Verdict
from codesearch.server.downloads import audit_download
from codesearch.server.pages.audit_class import View, class_page
from codesearch.server.pages.audit_list import class_list
from codesearch.server.pages.audit_overview import audits_page
from codesearch.server.pages.audit_query import class_address, number, wanted_classes
from codesearch.server.pages.rendering import render
from codesearch.server.security.csrf import csrf_checked
from codesearch.server.security.scopes import reads, writes
from codesearch.server.state import State
from codesearch.server.work.audits import last_audit
from codesearch.server.work.feedback import by_whom
from codesearch.server.work.verdicts import judge_class

router = APIRouter(dependencies=[reads])


@router.get("/audits")
async def show_audits(request: Request, state: State) -> Response:
    """The last audit at a glance, all runs, and a form that starts one."""
    offset = number(request.query_params, "offset")

    def work() -> Response:
        return render(request, "audits.html", {"shown": audits_page(state.index, offset)})

    return await state.pool.run(work)


@router.get("/audits/classes")
async def show_classes(request: Request, state: State) -> Response:
    """The clone classes that fit, a page at a time."""
    wanted = wanted_classes(request.query_params)
    offset = number(request.query_params, "offset")

    def work() -> Response:
        return render(request, "audits_classes.html", {"shown": class_list(state.index, wanted, offset)})

    return await state.pool.run(work)


@router.get("/audits/classes/{class_id}")
async def show_class(request: Request, state: State, class_id: str) -> Response:
    """One clone class with its code."""
    params = request.query_params
    wanted = wanted_classes(params)
    view = View(number(params, "beside"), number(params, "column"))

    def work() -> Response:
        page = class_page(state.index, last_audit(state.index), class_id, wanted, view)
        return render(request, "class.html", {"shown": page, "max_reason": MAX_REASON})

    return await state.pool.run(work)


@router.post("/audits/classes/{class_id}/verdict", dependencies=[writes, csrf_checked])
async def judge(
    request: Request,
    state: State,
    class_id: str,
    verdict: Annotated[Literal["clone", "not_clone"], Form()],
    reason: Annotated[str, Form(max_length=MAX_REASON)] = "",
) -> Response:
    """Keep a verdict on every member and the first one; back to the class."""
    by = by_whom(request)
    fields = (await request.form()).multi_items()
    wanted = wanted_classes(QueryParams([(name, value) for name, value in fields if isinstance(value, str)]))

    def work() -> Response:
        judge_class(state.index, class_id, Verdict(verdict), reason=reason.strip(), by=by)
        if "hx-request" not in request.headers:
            address = f"{class_address(class_id, wanted)}#verdict"
            return RedirectResponse(address, HTTPStatus.SEE_OTHER)
        page = class_page(state.index, last_audit(state.index), class_id, wanted, View())
        return render(request, "audit_verdict.html", {"shown": page, "max_reason": MAX_REASON})

    return await state.pool.run(work)


@router.get("/audits/report/{name}")
async def download_report(state: State, name: str) -> Response:
    """The last audit as a file in a report format."""
    return await audit_download(state, name)
