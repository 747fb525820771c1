"""Schedules of audits: adding, reading and removing them, and what became of their runs."""

from __future__ import annotations

import json
import time
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from codesearch.core.errors import InputError
from codesearch.core.schedule import RunStatus, Schedule, ScheduledAudit
from codesearch.core.store import models


def add_schedule(connection: Connection, audit: ScheduledAudit, next_run_at: float) -> Schedule:
    """Add a schedule that is first due at ``next_run_at``.

    Raises:
        InputError: There is one of this name.
    """
    row = {
        "name": audit.name,
        "cron": audit.cron,
        "timezone": audit.timezone,
        "paths": json.dumps(audit.paths),
        "options": json.dumps(audit.options),
        "folder": audit.folder,
        "enabled": True,
        "added_at": time.time(),
        "next_run_at": next_run_at,
    }
    statement = insert(models.ScheduledAudit).values(row).returning(*models.ScheduledAudit.__table__.columns)
    try:
        return _schedule(connection.execute(statement).one())
    except IntegrityError as error:
        raise InputError(
            f"there is a schedule {audit.name!r} already", "remove it first, or choose another --name"
        ) from error


def read_schedules(connection: Connection) -> tuple[Schedule, ...]:
    """All schedules, by number."""
    columns = models.ScheduledAudit.__table__.columns
    rows = connection.execute(select(*columns).order_by(models.ScheduledAudit.id))
    return tuple(map(_schedule, rows))


def find_schedule(connection: Connection, key: str) -> Schedule:
    """The schedule of this number or name; a name wins.

    Raises:
        InputError: There is none.
    """
    schedules = read_schedules(connection)
    for schedule in (
        *(schedule for schedule in schedules if schedule.audit.name == key),
        *(schedule for schedule in schedules if str(schedule.id) == key),
    ):
        return schedule
    raise InputError(f"no schedule {key!r}", "see `codesearch schedule list`")


def remove_schedule(connection: Connection, schedule: int) -> None:
    """Forget a schedule; the audits it ran stay."""
    connection.execute(delete(models.ScheduledAudit).where(models.ScheduledAudit.id == schedule))


def enable_schedule(connection: Connection, schedule: int, next_run_at: float) -> None:
    """Resume a schedule, which is due next at ``next_run_at``."""
    _update(connection, schedule, enabled=True, next_run_at=next_run_at)


def disable_schedule(connection: Connection, schedule: int) -> None:
    """Pause a schedule."""
    _update(connection, schedule, enabled=False)


def postpone_schedule(connection: Connection, schedule: int, next_run_at: float) -> None:
    """Set when a schedule is due next."""
    _update(connection, schedule, next_run_at=next_run_at)


def retime_schedule(connection: Connection, schedule: int, audit: ScheduledAudit, next_run_at: float) -> None:
    """Give a schedule the cron expression and the time zone of ``audit``."""
    _update(connection, schedule, cron=audit.cron, timezone=audit.timezone, next_run_at=next_run_at)


def begin_scheduled(connection: Connection, schedule: int, started_at: float, next_run_at: float) -> None:
    """Mark a run as begun, and when the next one is due: a run that dies is not tried again at once."""
    _update(
        connection,
        schedule,
        last_run_at=started_at,
        last_status=RunStatus.RUNNING,
        last_failure=None,
        next_run_at=next_run_at,
    )


def end_scheduled(connection: Connection, schedule: int, status: RunStatus, failure: str | None) -> None:
    """Record what became of the run that was begun last."""
    _update(connection, schedule, last_status=status, last_failure=failure)


def end_abandoned(connection: Connection, failure: str) -> None:
    """Mark every run that is not ended as failed; only for the one process that runs schedules."""
    abandoned = models.ScheduledAudit.last_status == RunStatus.RUNNING
    values = {"last_status": RunStatus.FAILED, "last_failure": failure}
    connection.execute(update(models.ScheduledAudit).where(abandoned).values(values))


def _update(connection: Connection, schedule: int, **values: object) -> None:
    statement = update(models.ScheduledAudit).where(models.ScheduledAudit.id == schedule).values(values)
    connection.execute(statement)


def _schedule(row: Row[Any]) -> Schedule:
    return Schedule(
        id=row.id,
        audit=ScheduledAudit(
            name=row.name,
            cron=row.cron,
            timezone=row.timezone,
            paths=tuple(json.loads(row.paths)),
            options=tuple(json.loads(row.options)),
            folder=row.folder,
        ),
        enabled=row.enabled,
        added_at=row.added_at,
        next_run_at=row.next_run_at,
        last_run_at=row.last_run_at,
        last_status=None if row.last_status is None else RunStatus(row.last_status),
        last_failure=row.last_failure,
    )
