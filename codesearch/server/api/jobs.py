"""Index and audit runs: asked for, watched, cancelled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response

from codesearch.core.jobs import Job
from codesearch.report.job_document import job_document, job_fields, jobs_document
from codesearch.server.api.etag import document_answer, json_answer
from codesearch.server.api.paging import Paged, page_document
from codesearch.server.models.jobs import JobDocument, JobsDocument, NewJob
from codesearch.server.models.problems import Problem
from codesearch.server.security.scopes import caller_of, reads, writes
from codesearch.server.state import State

RECONNECT_MS = 1000  # after the server was restarted; browsers wait three seconds otherwise

router = APIRouter(prefix="/jobs", tags=["jobs"], dependencies=[reads])

Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of the job.")]
_NO_JOB: dict[int | str, dict[str, object]] = {
    404: {"model": Problem, "description": "There is no such job, or it was forgotten."}
}


async def _found(state: State, number: Number) -> Job:
    return await state.jobs.job(number)


Found = Annotated[Job, Depends(_found)]
"""The job that an address names."""


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    dependencies=[writes],
    operation_id="startJob",
    summary="Start an index or audit run",
    response_model=JobDocument,
    responses={429: {"model": Problem, "description": "Too many jobs are waiting; see Retry-After."}},
)
async def start_job(request: Request, state: State, wanted: NewJob) -> Response:
    """Ask for an index or audit run; one that waits for the same already is given back instead.

    Runs go one at a time, in the order in which they were asked for. They outlive the server.
    """
    caller = caller_of(request)
    job = await state.jobs.submit(wanted.wanted(), None if caller is None else caller.name)
    where = {"Location": f"{request.url.path}/{job.id}"}
    return json_answer(job_document(job), HTTPStatus.ACCEPTED, where)


@router.get("", operation_id="listJobs", summary="Index and audit runs", response_model=JobsDocument)
async def list_jobs(request: Request, state: State, window: Paged) -> Response:
    """The jobs that are remembered, newest first."""
    jobs, total = await state.jobs.jobs(window.offset, window.limit)
    page = page_document(request, window, map(job_fields, jobs), total)
    return document_answer(request, jobs_document(page))


@router.get(
    "/{number}",
    operation_id="getJob",
    summary="One job",
    response_model=JobDocument,
    responses=_NO_JOB,
)
async def get_job(request: Request, job: Found) -> Response:
    """A job as it is now."""
    return document_answer(request, job_document(job))


@router.delete(
    "/{number}",
    dependencies=[writes],
    operation_id="cancelJob",
    summary="Cancel a job",
    response_model=JobDocument,
    responses=_NO_JOB,
)
async def cancel_job(state: State, number: Number) -> Response:
    """Take a job out of the line, or have it end soon; one that has ended stays as it is.

    What runs is still running in the answer: watch it to see it end.
    """
    return json_answer(job_document(await state.jobs.cancel(number)))


@router.get(
    "/{number}/events",
    operation_id="watchJob",
    summary="Watch a job",
    response_class=EventSourceResponse,
    responses=_NO_JOB,
)
async def watch_job(
    state: State,
    job: Found,
    last_event_id: Annotated[str | None, Header(max_length=1000)] = None,
) -> AsyncIterator[ServerSentEvent]:
    """A job as server-sent events `job`: as it is now, whenever it changes, and when it has ended.

    Every event has the whole document, so whoever missed some knows all. After the event of a job that has
    ended the server closes the stream; a client then closes it too instead of connecting again.
    """
    async for seen in state.jobs.events(job.id, last_event_id):
        yield ServerSentEvent(data=job_document(seen), event="job", id=seen.mark, retry=RECONNECT_MS)
