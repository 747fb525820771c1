"""Runs the audits that are due, one after another; the store says which, so a process may come and go."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Event
from typing import Protocol

from codesearch.audit.child import Exit
from codesearch.audit.cron import Cron
from codesearch.core.errors import CodesearchError, UsageError
from codesearch.core.schedule import RunStatus, Schedule, ScheduledAudit, ScheduledRun
from codesearch.core.store.audits import DIED, audit_of_process
from codesearch.core.store.database import Database
from codesearch.core.store.schedules import (
    begin_scheduled,
    disable_schedule,
    end_abandoned,
    end_scheduled,
    postpone_schedule,
    read_schedules,
)

log = logging.getLogger(__name__)


class Auditor(Protocol):
    """Runs an audit to its end."""

    @property
    def stopped(self) -> bool:
        """True when it shall run no more."""
        ...

    def run(self, audit: ScheduledAudit) -> Exit:
        """Run it and say how it ended."""
        ...


Announce = Callable[[ScheduledRun], str | None]
"""Tells somebody of a run; returns why that failed, None when it did not."""


class Scheduler:
    """Runs schedules; only one process per index may (:func:`codesearch.audit.lock.running_schedules`).

    Args:
        open_database: Opens the store; it is closed between two uses, for hours may pass.
        auditor: Runs an audit.
        announce: Called after each run.
        clock: Seconds since the epoch.
    """

    def __init__(
        self,
        open_database: Callable[[], Database],
        auditor: Auditor,
        announce: Announce,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._open_database = open_database
        self._auditor = auditor
        self._announce = announce
        self._clock = clock

    def run_due(self, only: int | None = None) -> tuple[ScheduledRun, ...]:
        """Run what is due, each schedule once however many of its times have passed.

        Args:
            only: Number of the one schedule to look at; None means all.
        """
        with self._open_database() as database, database.write() as connection:
            end_abandoned(connection, DIED)
        runs: dict[int, ScheduledRun] = {}
        while not self._auditor.stopped:
            # Looked up anew each time: the one before may have taken hours.
            waiting = [schedule for schedule in self._enabled(only) if schedule.id not in runs]
            now = self._clock()
            due = next((schedule for schedule in waiting if schedule.next_run_at <= now), None)
            if due is None:
                self._correct(waiting, now)
                break
            runs[due.id] = self.run(due)
        return tuple(runs.values())

    def _enabled(self, only: int | None) -> list[Schedule]:
        with self._open_database() as database, database.read() as connection:
            schedules = read_schedules(connection)
        return [schedule for schedule in schedules if schedule.enabled and only in {None, schedule.id}]

    def run(self, schedule: Schedule) -> ScheduledRun:
        """Run a schedule now, due or not, and record what became of it.

        A schedule that can no longer be understood, as when its time zone is gone, is paused.
        """
        started = self._clock()
        try:
            next_run_at = next_run(schedule.audit, started)
        except UsageError as error:
            return self._pause(schedule, started, str(error))
        with self._open_database() as database, database.write() as connection:
            begin_scheduled(connection, schedule.id, started, next_run_at)
        run = self._audit(schedule, started)
        self._record(run)
        untold = self._announce(run)
        if untold is None:
            return run
        log.warning("schedule %s: %s", run.name, untold)
        told = replace(run, failure=f"{run.failure}; {untold}" if run.failure else untold)
        self._record(told)
        return told

    def _audit(self, schedule: Schedule, started: float) -> ScheduledRun:
        ended = self._auditor.run(schedule.audit)
        with self._open_database() as database, database.read() as connection:
            audit = audit_of_process(connection, ended.pid, started)
        finished = audit is not None and audit.summary is not None
        if ended.code == 0:
            status, failure = RunStatus.PASSED, None
        elif ended.code == 1 and finished:  # an interpreter that does not even start also ends with 1
            status, failure = RunStatus.GATE_CLOSED, None
        else:
            status, failure = RunStatus.FAILED, ended.failure
        return ScheduledRun(schedule.id, schedule.audit.name, started, self._clock(), status, failure, audit)

    def _record(self, run: ScheduledRun) -> None:
        with self._open_database() as database, database.write() as connection:
            end_scheduled(connection, run.schedule, run.status, run.failure)

    def _pause(self, schedule: Schedule, started: float, failure: str) -> ScheduledRun:
        with self._open_database() as database, database.write() as connection:
            begin_scheduled(connection, schedule.id, started, schedule.next_run_at)
            end_scheduled(connection, schedule.id, RunStatus.FAILED, failure)
            disable_schedule(connection, schedule.id)
        log.warning("schedule %s is paused: %s", schedule.audit.name, failure)
        return ScheduledRun(schedule.id, schedule.audit.name, started, started, RunStatus.FAILED, failure)

    def _correct(self, waiting: Sequence[Schedule], now: float) -> None:
        """Set right when schedules are due that were planned under another clock or other laws of time."""
        with self._open_database() as database, database.write() as connection:
            for schedule in waiting:
                try:
                    planned = next_run(schedule.audit, now)
                except UsageError:
                    continue  # told when it is due
                if planned != schedule.next_run_at:
                    postpone_schedule(connection, schedule.id, planned)


def next_run(audit: ScheduledAudit, after: float) -> float:
    """When an audit is due next, in seconds since the epoch.

    Raises:
        UsageError: Its cron expression or time zone is not understood.
    """
    return Cron.parse(audit.cron, audit.timezone).next_after(after)


def run_until_stopped(tick: Callable[[], object], stop: Callable[[], None]) -> None:
    """Call ``tick`` now and at the start of every minute, never twice at a time, until an exception ends it.

    Cron knows no smaller unit than the minute, so looking once a minute misses nothing and sees schedules
    that were added meanwhile.

    Args:
        tick: Failures of it are logged, and it is called again the next minute.
        stop: Called from this thread when it ends; makes a ``tick`` that runs return soon.
    """
    from datetime import UTC, datetime

    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.schedulers.background import BackgroundScheduler
    from apscheduler.triggers.cron import CronTrigger

    # It warns of every minute in which the tick before is still at work, which is as it should be.
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    scheduler = BackgroundScheduler(timezone=UTC, executors={"default": ThreadPoolExecutor(1)})
    scheduler.add_job(
        _guarded(tick),
        CronTrigger(second=0, timezone=UTC),
        next_run_time=datetime.now(UTC),
        max_instances=1,
        coalesce=True,
        misfire_grace_time=None,
    )
    try:
        scheduler.start()
        Event().wait()  # here and not in APScheduler's loop, which swallows an interrupt now and then
    finally:
        stop()
        if scheduler.running:  # not when an interrupt came first
            scheduler.shutdown(wait=True)


def _guarded(tick: Callable[[], object]) -> Callable[[], None]:
    def call() -> None:
        try:
            tick()
        except CodesearchError as error:
            log.error("%s", error)  # noqa: TRY400 - one line, as every failure that a user can act on
        except Exception as error:  # other schedules wait, whatever it is
            log.error("unexpected %s: %s", type(error).__name__, error)  # noqa: TRY400

    return call
