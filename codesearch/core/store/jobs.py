"""Jobs of a server: what waits, what runs, and what became of the last ones.

Only the one server of an index begins and ends jobs, so a row that is running when it starts was abandoned.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from codesearch.core.jobs import Figures, Job, JobRequest, JobStatus
from codesearch.core.store import models
from codesearch.core.store.job_values import figures_text, read_figures, read_request, request_text

MOST_ATTEMPTS = 2
"""Times that a job is begun: one that took its server down twice would do so for ever."""
GAVE_UP = "the server ended while it ran, and again when it was begun anew"
KEPT = 200
"""Ended jobs that are remembered."""

_ENDED = tuple(status for status in JobStatus if status.ended)


def add_job(connection: Connection, request: JobRequest, by: str | None) -> Job:
    """Put a job in the line."""
    row = {
        "request": request_text(request),
        "status": JobStatus.QUEUED,
        "requested_by": by,
        "attempts": 0,
        "queued_at": time.time(),
    }
    statement = insert(models.Job).values(row).returning(*models.Job.__table__.columns)
    return _job(connection.execute(statement).one())


def read_job(connection: Connection, job: int) -> Job | None:
    """The job of this number; None where there is none, or none any more."""
    statement = select(*models.Job.__table__.columns).where(models.Job.id == job)
    row = connection.execute(statement).one_or_none()
    return None if row is None else _job(row)


def read_jobs(connection: Connection, offset: int, limit: int) -> tuple[Job, ...]:
    """Jobs, newest first."""
    newest = select(*models.Job.__table__.columns).order_by(models.Job.id.desc())
    return tuple(map(_job, connection.execute(newest.offset(offset).limit(limit))))


def count_jobs(connection: Connection) -> int:
    """How many jobs are remembered."""
    return connection.execute(select(func.count()).select_from(models.Job)).scalar_one()


def queued_jobs(connection: Connection) -> tuple[Job, ...]:
    """The line, next one first."""
    queued = select(*models.Job.__table__.columns).where(models.Job.status == JobStatus.QUEUED)
    return tuple(map(_job, connection.execute(queued.order_by(models.Job.id))))


def begin_job(connection: Connection, job: int) -> Job:
    """Mark a job as begun; returns it as it is now."""
    values = {"status": JobStatus.RUNNING, "started_at": time.time(), "attempts": models.Job.attempts + 1}
    begun = update(models.Job).where(models.Job.id == job).values(values)
    return _job(connection.execute(begun.returning(*models.Job.__table__.columns)).one())


def end_job(
    connection: Connection,
    job: int,
    status: JobStatus,
    *,
    failure: str | None = None,
    result: Figures | None = None,
) -> None:
    """Record what became of a job; the oldest ended ones beyond :data:`KEPT` are forgotten."""
    _update(
        connection,
        job,
        status=status,
        finished_at=time.time(),
        failure=failure,
        result=None if result is None else figures_text(result),
    )
    ended = select(models.Job.id).where(models.Job.status.in_(_ENDED))
    oldest = ended.order_by(models.Job.id.desc()).offset(KEPT).limit(1)
    forgotten = models.Job.status.in_(_ENDED) & (models.Job.id <= oldest.scalar_subquery())
    connection.execute(delete(models.Job).where(forgotten))


def put_back(connection: Connection, job: int) -> None:
    """Let a job that was interrupted on purpose wait again, as if it had not been begun."""
    _update(
        connection,
        job,
        status=JobStatus.QUEUED,
        started_at=None,
        attempts=models.Job.attempts - 1,
    )


def recover_jobs(connection: Connection) -> Sequence[Job]:
    """Put abandoned jobs back in the line, or end those that were begun often enough; returns these jobs."""
    running = select(*models.Job.__table__.columns).where(models.Job.status == JobStatus.RUNNING)
    abandoned = connection.execute(running.order_by(models.Job.id)).all()
    for row in abandoned:
        if row.attempts < MOST_ATTEMPTS:
            _update(connection, row.id, status=JobStatus.QUEUED, started_at=None)
        else:
            end_job(connection, row.id, JobStatus.FAILED, failure=GAVE_UP)
    return [_job(row) for row in abandoned]


def _update(connection: Connection, job: int, **values: object) -> None:
    connection.execute(update(models.Job).where(models.Job.id == job).values(values))


def _job(row: Row[Any]) -> Job:
    request = read_request(row.request)
    return Job(
        id=row.id,
        request=request,
        status=JobStatus(row.status),
        by=row.requested_by,
        queued_at=row.queued_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        failure=row.failure,
        result=None if row.result is None else read_figures(request.kind, row.result),
    )
