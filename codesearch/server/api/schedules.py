"""Schedules: audits that are run again and again."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from codesearch.core.schedule import Schedule
from codesearch.report.json_documents import Document
from codesearch.report.schedule_document import schedule_fields
from codesearch.server.api.etag import document_answer, json_answer
from codesearch.server.api.paging import Paged, list_answer
from codesearch.server.models.schedules import (
    ScheduleChange,
    ScheduleDocument,
    ScheduleRequest,
    SchedulesDocument,
)
from codesearch.server.security.scopes import administers, reads
from codesearch.server.state import State
from codesearch.server.work import schedules

router = APIRouter(prefix="/schedules", tags=["schedules"])

Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of the schedule.")]


@router.get(
    "",
    dependencies=[reads],
    operation_id="listSchedules",
    summary="Schedules",
    responses={200: {"model": SchedulesDocument}},
)
async def list_schedules(request: Request, state: State, window: Paged) -> Response:
    """By number, with when each is due next and what became of its last run."""

    def work() -> Response:
        known = schedules.schedules(state.index)
        return list_answer(request, window, "codesearch.schedules/1", known, schedule_fields)

    return await state.pool.run(work)


@router.post(
    "",
    dependencies=[administers],
    status_code=HTTPStatus.CREATED,
    operation_id="addSchedule",
    summary="Add a schedule",
    responses={201: {"model": ScheduleDocument}, 409: {"description": "There is one of this name."}},
)
async def add_schedule(request: Request, state: State, wanted: ScheduleRequest) -> Response:
    """A server that runs also runs its schedules; without one, `codesearch schedule run` does."""

    def work() -> Response:
        added = schedules.add(state.index, wanted.wanted())
        where = {"Location": f"{request.url.path}/{added.id}"}
        return json_answer(_document(added), HTTPStatus.CREATED, where)

    return await state.pool.run(work)


@router.get(
    "/{number}",
    dependencies=[reads],
    operation_id="showSchedule",
    summary="One schedule",
    responses={200: {"model": ScheduleDocument}, 404: {}},
)
async def show_schedule(request: Request, state: State, number: Number) -> Response:
    """When it is due next, and what became of its last run."""
    return await state.pool.run(
        lambda: document_answer(request, _document(schedules.schedule(state.index, number)))
    )


@router.patch(
    "/{number}",
    dependencies=[administers],
    operation_id="changeSchedule",
    summary="Pause, resume or move a schedule",
    responses={200: {"model": ScheduleDocument}, 404: {}},
)
async def change_schedule(state: State, number: Number, wanted: ScheduleChange) -> Response:
    """What is left out stays as it is; what it audits is changed by adding another one."""
    return await state.pool.run(
        lambda: json_answer(_document(schedules.change(state.index, number, wanted.wanted())))
    )


@router.post(
    "/{number}/run",
    dependencies=[administers],
    status_code=HTTPStatus.ACCEPTED,
    operation_id="runSchedule",
    summary="Run a schedule now",
    responses={202: {"model": ScheduleDocument}, 404: {}},
)
async def run_schedule(state: State, number: Number) -> Response:
    """It begins within a minute, once the jobs before it have ended."""
    return await state.pool.run(
        lambda: json_answer(_document(schedules.run_now(state.index, number)), HTTPStatus.ACCEPTED)
    )


@router.delete(
    "/{number}",
    dependencies=[administers],
    status_code=HTTPStatus.NO_CONTENT,
    operation_id="removeSchedule",
    summary="Forget a schedule",
    responses={404: {}},
)
async def remove_schedule(state: State, number: Number) -> Response:
    """The audits that it ran stay in the history."""
    await state.pool.run(lambda: schedules.remove(state.index, number))
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _document(schedule: Schedule) -> Document:
    return {"schema": "codesearch.one-schedule/1", "degraded": [], **schedule_fields(schedule)}
