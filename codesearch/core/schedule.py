"""Scheduled audits as values: a schedule, and what became of one of its runs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from codesearch.core.audit import AuditRun


class RunStatus(StrEnum):
    """State of a scheduled run."""

    RUNNING = "running"
    PASSED = "passed"
    GATE_CLOSED = "gate_closed"  # a finished audit whose gate lets nobody pass
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ScheduledAudit:
    """What is audited when.

    Attributes:
        name: Unique among the schedules of an index.
        cron: Five fields with crontab's meaning.
        timezone: IANA name of the zone that the fields are in.
        paths: Absolute paths to audit, as :func:`indexer.corpus.names.display_path` shows them.
        options: Further words of the audit's command line.
        folder: Absolute folder in which it is run, shown likewise.
    """

    name: str
    cron: str
    timezone: str
    paths: tuple[str, ...]
    options: tuple[str, ...]
    folder: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """A stored schedule; times are seconds since the epoch, UTC.

    Attributes:
        id: Its number.
        audit: What is run when.
        enabled: False while it is paused.
        added_at: When it was added.
        next_run_at: When it is due; in the past when runs were missed.
        last_run_at: When it was last run; None before the first time.
        last_status: What became of that run.
        last_failure: Why it failed, or why nobody could be told, one line; None when all went well.
    """

    id: int
    audit: ScheduledAudit
    enabled: bool
    added_at: float
    next_run_at: float
    last_run_at: float | None = None
    last_status: RunStatus | None = None
    last_failure: str | None = None


@dataclass(frozen=True, slots=True)
class ScheduledRun:
    """What became of one run; times are seconds since the epoch, UTC.

    Attributes:
        schedule: Number of the schedule.
        name: Its name.
        started_at: Begin.
        finished_at: End.
        status: What became of it; never ``RUNNING``.
        failure: Why it failed, or why nobody could be told, one line; None when all went well.
        audit: The audit it made; None when it did not come that far.
    """

    schedule: int
    name: str
    started_at: float
    finished_at: float
    status: RunStatus
    failure: str | None = None
    audit: AuditRun | None = None
