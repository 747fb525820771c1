"""Schedules, as requests look at and change them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from codesearch.audit.gate import Condition
from codesearch.audit.planning import PlannedOptions, bring_forward, pause, plan, reschedule, resume
from codesearch.core.errors import InputError
from codesearch.core.jobs import JobRequest
from codesearch.core.schedule import Schedule, ScheduledAudit
from codesearch.core.store.schedules import find_schedule, read_schedules, remove_schedule
from codesearch.server.failures import Conflict, NotFound
from codesearch.server.jobs.requests import checked, corpus_paths
from codesearch.serving.live_index import LiveIndex
from indexer.corpus.names import display_path

MOST_SCHEDULES = 100
"""Of one index: they are run one after another."""


@dataclass(frozen=True, slots=True)
class NewSchedule:
    """A schedule that somebody wants.

    Attributes:
        name: Unique; empty to be given one.
        cron: Five fields with crontab's meaning.
        timezone: IANA name of their zone; empty for that of this machine.
        audit: What is audited, and how; it names no file but the corpora.
        conditions: What closes the gate.
    """

    name: str
    cron: str
    timezone: str
    audit: JobRequest
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be another way; None and empty stay as they are."""

    enabled: bool | None = None
    cron: str = ""
    timezone: str = ""


def schedules(index: LiveIndex) -> tuple[Schedule, ...]:
    """All schedules, by number.

    Raises:
        IndexFailure: There is no index.
    """
    with index.engine.open_database() as database, database.read() as connection:
        return read_schedules(connection)


def schedule(index: LiveIndex, number: int) -> Schedule:
    """The schedule of this number.

    Raises:
        NotFound: There is none.
    """
    found = next((one for one in schedules(index) if one.id == number), None)
    if found is None:
        raise NotFound(f"no schedule {number}", "it may have been removed")
    return found


def add(index: LiveIndex, wanted: NewSchedule) -> Schedule:
    """Add a schedule.

    Raises:
        UsageError: It is not understood, or cannot be run on this index.
        Conflict: There is one of this name, or there are too many.
    """
    minimum = index.engine.settings.fragments
    audit = checked(wanted.audit, index.roots(), minimum)
    options = PlannedOptions(
        audit.types, audit.roles, audit.languages, audit.min_lines, audit.min_tokens, wanted.conditions
    )
    corpora = corpus_paths(audit, index.roots())
    planned = ScheduledAudit(
        name=wanted.name.strip(),
        cron=wanted.cron,
        timezone=wanted.timezone.strip(),
        paths=tuple(display_path(str(root)) for root in corpora.values()),
        options=options.words(),
        folder=display_path(str(Path.cwd())),
    )
    with _changed(index) as connection:
        known = read_schedules(connection)
        if len(known) >= MOST_SCHEDULES:
            raise Conflict(f"there are {len(known)} schedules already", "remove one first")
        if any(one.audit.name == planned.name for one in known):
            raise Conflict(f"there is a schedule {planned.name!r} already", "choose another name")
        return plan(connection, planned, called=next(iter(corpora)))


def change(index: LiveIndex, number: int, wanted: Change) -> Schedule:
    """Change a schedule.

    Raises:
        NotFound: There is none of this number.
        UsageError: The cron expression or the zone is not understood.
    """

    def changed(connection: Connection, key: str) -> Schedule:
        if wanted.cron or wanted.timezone:
            reschedule(connection, key, wanted.cron, wanted.timezone)
        if wanted.enabled is not None:
            (resume if wanted.enabled else pause)(connection, key)
        return find_schedule(connection, key)

    return _with(index, number, changed)


def run_now(index: LiveIndex, number: int) -> Schedule:
    """Make a schedule due.

    Raises:
        NotFound: There is none of this number.
        UsageError: It is paused.
    """
    return _with(index, number, bring_forward)


def remove(index: LiveIndex, number: int) -> Schedule:
    """Forget a schedule, which is returned as it was; the audits it ran stay in the history.

    Raises:
        NotFound: There is none of this number.
    """

    def removed(connection: Connection, key: str) -> Schedule:
        found = find_schedule(connection, key)
        remove_schedule(connection, found.id)
        return found

    return _with(index, number, removed)


def _with(index: LiveIndex, number: int, work: Callable[[Connection, str], Schedule]) -> Schedule:
    found = schedule(index, number)
    with _changed(index) as connection:
        try:
            return work(connection, found.audit.name)  # a name wins over a number that looks like it
        except InputError as gone:
            raise NotFound(f"no schedule {number}", "it may have been removed") from gone


@contextmanager
def _changed(index: LiveIndex) -> Iterator[Connection]:
    with index.engine.open_database() as database, database.write() as connection:
        yield connection
