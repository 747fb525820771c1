"""``/jobs``: index and audit runs, those that were, the one at work and those in line."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from codesearch.core.jobs import ROLES, TYPES, AuditFigures, Job, JobKind, JobRequest, JobStatus
from codesearch.core.results import CloneType
from codesearch.core.types import Role
from codesearch.server.pages.pager import pages
from codesearch.server.pages.rendering import render
from codesearch.server.security.csrf import csrf_checked
from codesearch.server.security.scopes import caller_of, reads, writes
from codesearch.server.state import State
from codesearch.server.work.audits import first_audits

PAGE = 50
"""Jobs on one page."""
_TONES = {
    JobStatus.QUEUED: "neutral",
    JobStatus.RUNNING: "busy",
    JobStatus.DONE: "good",
    JobStatus.FAILED: "bad",
    JobStatus.CANCELLED: "neutral",
}

router = APIRouter(prefix="/jobs", dependencies=[reads])

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


class JobForm(BaseModel):
    """What the forms of the pages send; a box that is not ticked is not sent."""

    kind: JobKind
    corpora: list[str] = []
    types: list[CloneType] = []
    roles: list[Role] = []
    languages: list[str] = []
    min_lines: int | None = None
    min_tokens: int | None = None
    min_probability: float = 0.0
    cross_language: bool = False
    refresh: bool = False

    def wanted(self) -> JobRequest:
        """The form as a value."""
        if self.kind is JobKind.INDEX:
            return JobRequest(JobKind.INDEX, frozenset(self.corpora))
        return JobRequest(
            JobKind.AUDIT,
            frozenset(self.corpora),
            frozenset(self.types),
            frozenset(self.roles),
            frozenset(self.languages),
            self.min_lines,
            self.min_tokens,
            self.min_probability,
            self.cross_language,
            self.refresh,
        )


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as a page shows it.

    Attributes:
        job: The job.
        title: What is done to what, such as ``Audit of app and lib``.
        choices: What else was asked for, in words.
        tone: Class of the badge of its status.
        took: How long it took, such as ``2 min 5 s``; empty where it was not begun or has not ended.
        outcome: What came of it, one line; empty unless it is done.
        figures: The same in full: name, value and what that is a part of.
        ahead: Jobs that come before it; 0 unless it waits.
    """

    job: Job
    title: str
    choices: tuple[str, ...]
    tone: str
    took: str
    outcome: str
    figures: tuple[tuple[str, str, str], ...]
    ahead: int = 0


@router.get("")
async def show_jobs(
    request: Request, state: State, offset: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0
) -> Response:
    """All jobs that are remembered, newest first."""
    jobs, total = await state.jobs.jobs(offset // PAGE * PAGE, PAGE)
    pager = pages(lambda at: f"/jobs?offset={at}", offset, PAGE, total)
    context = {
        "jobs": [view(job) for job in jobs],
        "pager": pager,
        "types": sorted(TYPES),
        "roles": sorted(ROLES),
    }
    return render(request, "jobs.html", context)


@router.post("", dependencies=[writes, csrf_checked])
async def start_job(request: Request, state: State, form: Annotated[JobForm, Form()]) -> Response:
    """Ask for a run, and go to its page."""
    caller = caller_of(request)
    job = await state.jobs.submit(form.wanted(), None if caller is None else caller.name)
    return RedirectResponse(f"/jobs/{job.id}", 303)


@router.get("/{number}")
async def show_job(request: Request, state: State, number: Number) -> Response:
    """One job, which a script keeps up to date while it runs."""
    job = await state.jobs.job(number)
    before: list[Job] = []
    if job.status is JobStatus.QUEUED:
        before = [other for other in await state.jobs.waiting() if other.id < job.id]
        before += [state.jobs.running] if state.jobs.running else []
    first = isinstance(job.result, AuditFigures) and job.result.audit in await asyncio.to_thread(
        first_audits, state.index
    )
    return render(request, "job.html", {"view": view(job, len(before), first=first)})


@router.post("/{number}/cancel", dependencies=[writes, csrf_checked])
async def cancel_job(state: State, number: Number) -> Response:
    """Take a job out of the line or have it end soon, and go back to its page."""
    job = await state.jobs.cancel(number)
    return RedirectResponse(f"/jobs/{job.id}", 303)


def view(job: Job, ahead: int = 0, *, first: bool = False) -> JobView:
    """A job for people.

    Args:
        job: The job.
        ahead: Jobs that come before it.
        first: Whether no audit came before this one to compare it with.
    """
    request, verb = job.request, {JobKind.INDEX: "Index", JobKind.AUDIT: "Audit"}[job.request.kind]
    return JobView(
        job=job,
        title=f"{verb} of {_listed(sorted(request.corpora)) if request.corpora else 'all corpora'}",
        choices=_choices(request) if request.kind is JobKind.AUDIT else (),
        tone=_TONES[job.status],
        took=_took(job),
        outcome=_outcome(job),
        figures=_figures(job, first=first),
        ahead=ahead,
    )


def _listed(names: list[str]) -> str:
    if len(names) > 3:
        return f"{', '.join(names[:2])} and {len(names) - 2} others"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _choices(request: JobRequest) -> tuple[str, ...]:
    said = [f"types {', '.join(sorted(request.types))}", f"{', '.join(sorted(request.roles))} code"]
    if request.languages:
        said.append(f"only {', '.join(sorted(request.languages))}")
    for unit, least in (("lines", request.min_lines), ("tokens", request.min_tokens)):
        if least is not None:
            said.append(f"at least {least} {unit}")
    if request.min_probability:
        said.append(f"probability {request.min_probability:g} or more")
    if request.cross_language:
        said.append("across languages")
    if not request.refresh:
        said.append("of the index as it was")
    return tuple(said)


def _outcome(job: Job) -> str:
    result = job.result
    if result is None:
        return ""
    if isinstance(result, AuditFigures):
        return f"{_counted(result.classes, 'class', 'classes')}, {result.duplication_percent:g} % duplicated"
    return f"{_counted(result.parsed, 'file', 'files')} read, {_counted(result.files, 'file', 'files')} held"


def _figures(job: Job, *, first: bool) -> tuple[tuple[str, str, str], ...]:
    result = job.result
    if result is None:
        return ()
    if isinstance(result, AuditFigures):
        changes = (
            ("New", f"{result.new:,}", "since the audit before"),
            ("Gone", f"{result.fixed:,}", "since the audit before"),
        )
        return (
            ("Clone classes", f"{result.classes:,}", "first audit of its kind" if first else ""),
            *(() if first else changes),
            ("Duplicated lines", f"{result.duplicated_lines:,}", f"of {result.lines:,}"),
            ("Duplication", f"{result.duplication_percent:g} %", ""),
        )
    return (
        ("Files read now", f"{result.parsed:,}", ""),
        ("Files analysed", f"{result.analysed:,}", f"of {result.files:,} seen"),
        ("Fragments", f"{result.fragments:,}", ""),
        ("Lines", f"{result.lines:,}", ""),
        ("Vectors made", f"{result.embedded:,}", ""),
    )


def _took(job: Job) -> str:
    if job.started_at is None or job.finished_at is None:
        return ""
    seconds = max(0.0, job.finished_at - job.started_at)
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
