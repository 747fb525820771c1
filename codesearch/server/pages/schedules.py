"""The schedules page: what is audited when, and how it went."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Path
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from codesearch.audit.cron import local_zone
from codesearch.audit.cron_words import in_words
from codesearch.audit.gate import Condition
from codesearch.core.errors import CodesearchError, UsageError
from codesearch.core.jobs import ROLES, TYPES, JobKind, JobRequest
from codesearch.core.results import CloneType
from codesearch.core.schedule import RunStatus, Schedule
from codesearch.core.types import Role
from codesearch.report.moments import iso_time, shown_time
from codesearch.server.failures import status_of
from codesearch.server.pages.audit_choices import Chosen, audit_choices
from codesearch.server.pages.rendering import render
from codesearch.server.security.csrf import csrf_checked
from codesearch.server.security.scopes import administers, reads
from codesearch.server.state import ServerState, State
from codesearch.server.work import schedules
from codesearch.server.work.schedules import Change, NewSchedule
from codesearch.serving.live_index import LiveIndex
from indexer.corpus.names import display_path

router = APIRouter(prefix="/schedules", dependencies=[reads])

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]

PRESETS = ("0 3 * * *", "30 6 * * 1-5", "0 */6 * * *", "0 4 * * 0", "0 4 1 * *")
"""Times that most people want."""

_OUTCOMES = {
    RunStatus.RUNNING: ("running", "busy"),
    RunStatus.PASSED: ("passed", "good"),
    RunStatus.GATE_CLOSED: ("gate closed", "warn"),
    RunStatus.FAILED: ("failed", "bad"),
}
_ADMIN = [administers, csrf_checked]


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time for people, in the zone of its schedule, and for programs."""

    shown: str
    iso: str


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """A schedule as its row shows it.

    Attributes:
        id: Its number.
        name: Its name.
        when: The cron expression in words, or itself.
        cron: The expression.
        timezone: Of its fields.
        corpora: Names of the corpora, paths where there is none at them.
        options: What is not as usual, as words of the command line.
        enabled: False while it is paused.
        next: When it is due; None while it is paused.
        last: When it was last run; None before the first time.
        outcome: What became of it, in words.
        tone: Class of that badge.
        failure: Why it failed; empty when it did not.
    """

    id: int
    name: str
    when: str
    cron: str
    timezone: str
    corpora: tuple[str, ...]
    options: str
    enabled: bool
    next: Moment | None
    last: Moment | None
    outcome: str
    tone: str
    failure: str


class ScheduleForm(BaseModel):
    """What the form sends."""

    name: str = ""
    cron: str = PRESETS[0]
    timezone: str = ""
    corpora: list[str] = []
    types: list[CloneType] = sorted(TYPES)
    roles: list[Role] = sorted(ROLES)
    languages: list[str] = []
    min_lines: str = ""
    min_tokens: str = ""
    gate: str = ""
    limit: str = ""

    def wanted(self) -> NewSchedule:
        """The form as a value.

        Raises:
            UsageError: A number or the gate is not understood.
        """
        audit = JobRequest(
            JobKind.AUDIT,
            frozenset(self.corpora),
            types=frozenset(self.types),
            roles=frozenset(self.roles),
            languages=frozenset(self.languages),
            min_lines=_number("lines", self.min_lines),
            min_tokens=_number("tokens", self.min_tokens),
        )
        unit = "%" if self.gate == "duplication" else ""
        condition = f"{self.gate}>{self.limit.strip()}{unit}" if self.gate not in {"", "any"} else self.gate
        conditions = (Condition.parse(condition),) if condition else ()
        return NewSchedule(self.name, self.cron, self.timezone, audit, conditions)


def _number(unit: str, text: str) -> int | None:
    if not text.strip():
        return None
    if not (text.strip().isdecimal() and text.isascii() and len(text) <= 6):
        raise UsageError(f"{text[:20]!r} is no number of {unit}", "write digits, or leave it empty")
    return int(text)


def schedule_row(schedule: Schedule, corpora: dict[str, str]) -> ScheduleRow:
    """The row of a schedule.

    Args:
        schedule: What it is of.
        corpora: Name of each indexed corpus by its root as paths are shown.
    """
    audit = schedule.audit
    outcome, tone = _OUTCOMES[schedule.last_status] if schedule.last_status else ("", "neutral")
    return ScheduleRow(
        id=schedule.id,
        name=audit.name,
        when=in_words(audit.cron),
        cron=audit.cron,
        timezone=audit.timezone,
        corpora=tuple(corpora.get(path, path) for path in audit.paths),
        options=" ".join(audit.options),
        enabled=schedule.enabled,
        next=_moment(schedule.next_run_at, audit.timezone) if schedule.enabled else None,
        last=None if schedule.last_run_at is None else _moment(schedule.last_run_at, audit.timezone),
        outcome=outcome,
        tone=tone,
        failure=schedule.last_failure or "",
    )


def schedule_rows(index: LiveIndex) -> list[ScheduleRow]:
    """All schedules, by number.

    Raises:
        IndexFailure: There is no index.
    """
    corpora = {display_path(str(root)): name for name, root in index.roots().items()}
    return [schedule_row(schedule, corpora) for schedule in schedules.schedules(index)]


@router.get("")
async def show_schedules(request: Request, state: State) -> Response:
    """All schedules, and the form for another one."""
    return await _page(request, state, ScheduleForm())


@router.post("", dependencies=_ADMIN)
async def add_schedule(request: Request, state: State, form: Annotated[ScheduleForm, Form()]) -> Response:
    """Add a schedule; what does not fit is told beside the form, which keeps what was typed."""
    try:
        await state.pool.run(lambda: schedules.add(state.index, form.wanted()))
    except UsageError as problem:
        return await _page(request, state, form, problem)
    return _back()


@router.post("/{number}/run", dependencies=_ADMIN)
async def run_schedule(state: State, number: Number) -> Response:
    """Make a schedule due now."""
    return await _changed(state, lambda: schedules.run_now(state.index, number))


@router.post("/{number}/pause", dependencies=_ADMIN)
async def pause_schedule(state: State, number: Number) -> Response:
    """Leave a schedule out until it is resumed."""
    return await _changed(state, lambda: schedules.change(state.index, number, Change(enabled=False)))


@router.post("/{number}/resume", dependencies=_ADMIN)
async def resume_schedule(state: State, number: Number) -> Response:
    """Take a paused schedule up again."""
    return await _changed(state, lambda: schedules.change(state.index, number, Change(enabled=True)))


@router.post("/{number}/remove", dependencies=_ADMIN)
async def remove_schedule(state: State, number: Number) -> Response:
    """Forget a schedule."""
    return await _changed(state, lambda: schedules.remove(state.index, number))


async def _changed(state: ServerState, work: Callable[[], Schedule]) -> Response:
    await state.pool.run(work)
    return _back()


async def _page(
    request: Request, state: ServerState, form: ScheduleForm, problem: CodesearchError | None = None
) -> Response:
    chosen = Chosen(form.corpora, form.types, form.roles, form.languages, form.min_lines, form.min_tokens)

    def work() -> Response:
        context = {
            "rows": schedule_rows(state.index),
            "form": form,
            "problem": problem,
            "choices": audit_choices(state.index, chosen),
            "zone": local_zone(),
            "presets": [(cron, in_words(cron)) for cron in PRESETS],
        }
        status = HTTPStatus.OK if problem is None else status_of(problem)
        return render(request, "schedules.html", context, status=status)

    return await state.pool.run(work)


def _moment(seconds: float, timezone: str) -> Moment:
    return Moment(shown_time(seconds, timezone), iso_time(seconds))


def _back() -> Response:
    return RedirectResponse("/schedules", HTTPStatus.SEE_OTHER)
