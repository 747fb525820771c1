"""Schedules and their runs, for a person."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from codesearch.core.schedule import RunStatus, Schedule, ScheduledRun
from codesearch.report.lines import unwrapped
from codesearch.report.moments import shown_time
from codesearch.report.printable import printable

_WORDS = {
    RunStatus.RUNNING: "running",
    RunStatus.PASSED: "passed",
    RunStatus.GATE_CLOSED: "gate closed",
    RunStatus.FAILED: "failed",
}


def render_schedules(schedules: Sequence[Schedule]) -> RenderableType:
    """Three lines per schedule: what it is, when it runs, how the last run went."""
    if not schedules:
        return Text("no schedules: add one with `codesearch schedule add`")
    return Group(*(line for schedule in schedules for line in _schedule_lines(schedule)))


def render_scheduled_run(run: ScheduledRun) -> RenderableType:
    """One line: what became of a run, with the figures of its audit."""
    line = unwrapped(f"{shown_time(run.started_at)}  ").append(printable(run.name), "bold")
    line.append(f"  {_WORDS[run.status]}")
    summary = run.audit.summary if run.audit else None
    if run.audit and summary:
        line.append(
            f", {summary.duplication_percent:.2f} % duplication, "
            f"{summary.classes:,} class{'' if summary.classes == 1 else 'es'}, "
            f"{run.audit.new:,} new, {run.audit.fixed:,} fixed"
        )
    return line.append(f": {printable(run.failure)}" if run.failure else "")


def _schedule_lines(schedule: Schedule) -> Iterator[Text]:
    audit = schedule.audit
    yield unwrapped(f"{schedule.id}  ").append(printable(audit.name), "bold")
    yield unwrapped(f"   audit {printable(shlex.join((*audit.options, *audit.paths)))}")
    due = f"next {shown_time(schedule.next_run_at, audit.timezone)}" if schedule.enabled else "paused"
    yield unwrapped(f"   {printable(audit.cron)} {printable(audit.timezone)}, {due}")
    if schedule.last_run_at is not None and schedule.last_status is not None:
        last = f"last {shown_time(schedule.last_run_at, audit.timezone)}: {_WORDS[schedule.last_status]}"
        yield unwrapped(
            f"   {last}{', ' + printable(schedule.last_failure) if schedule.last_failure else ''}"
        )
