"""The JSON documents of ``schedule`` and of the webhook: the contract with programs."""

from __future__ import annotations

from collections.abc import Sequence

from codesearch.core.schedule import Schedule, ScheduledRun
from codesearch.report.audit_history_document import audit_run_fields
from codesearch.report.json_documents import Document
from codesearch.report.moments import iso_time


def schedules_document(schedules: Sequence[Schedule]) -> Document:
    """``codesearch.schedule/1``: the schedules that a command is about, by number."""
    return {
        "schema": "codesearch.schedule/1",
        "degraded": [],
        "schedules": [schedule_fields(schedule) for schedule in schedules],
    }


def scheduled_runs_document(runs: Sequence[ScheduledRun]) -> Document:
    """``codesearch.schedule-run/1``: what became of runs, in the order they were run."""
    return {"schema": "codesearch.schedule-run/1", "degraded": [], "runs": [_run(run) for run in runs]}


def schedule_fields(schedule: Schedule) -> Document:
    """One schedule; times are ISO 8601 in UTC, ``next_run_at`` is None while it is paused."""
    audit = schedule.audit
    return {
        "id": schedule.id,
        "name": audit.name,
        "cron": audit.cron,
        "timezone": audit.timezone,
        "paths": list(audit.paths),
        "options": list(audit.options),
        "folder": audit.folder,
        "enabled": schedule.enabled,
        "added_at": iso_time(schedule.added_at),
        "next_run_at": iso_time(schedule.next_run_at) if schedule.enabled else None,
        "last_run_at": None if schedule.last_run_at is None else iso_time(schedule.last_run_at),
        "last_status": None if schedule.last_status is None else str(schedule.last_status),
        "last_failure": schedule.last_failure,
    }


def _run(run: ScheduledRun) -> Document:
    return {
        "schedule": run.schedule,
        "name": run.name,
        "started_at": iso_time(run.started_at),
        "finished_at": iso_time(run.finished_at),
        "status": str(run.status),
        "failure": run.failure,
        "audit": None if run.audit is None else audit_run_fields(run.audit),
    }
