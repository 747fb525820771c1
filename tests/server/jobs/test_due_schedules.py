from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from job_lab import INDEX, SLEEPS, Program, at_stage, started

from codesearch.audit.child import AuditProcess
from codesearch.audit.schedule import Scheduler
from codesearch.core.errors import EnvironmentFailure
from codesearch.core.schedule import RunStatus, Schedule, ScheduledAudit
from codesearch.core.store.schedules import add_schedule, read_schedules
from codesearch.engine import Engine
from codesearch.server.jobs import scheduling
from codesearch.server.jobs.queue import JobQueue
from codesearch.server.jobs.scheduling import DueSchedules

HOLD = """
import sys
from pathlib import Path
from codesearch.audit.lock import running_schedules
with running_schedules(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def overdue(engine: Engine, *options: str) -> None:
    """Add a schedule that is due."""
    audit = ScheduledAudit("nightly", "0 3 * * *", "UTC", (), options, str(Path.cwd()))
    with engine.open_database() as database, database.write() as connection:
        add_schedule(connection, audit, 1.0)


def schedules_of(engine: Engine) -> DueSchedules:
    return DueSchedules(engine, ["--index", str(engine.folder.path)])


async def read(engine: Engine) -> Schedule:
    """The one schedule."""

    def work() -> Schedule:
        with engine.open_database() as database, database.read() as connection:
            [schedule] = read_schedules(connection)
            return schedule

    return await asyncio.to_thread(work)


async def until(engine: Engine, status: RunStatus) -> Schedule:
    """The one schedule, once its last run has this status."""
    while (schedule := await read(engine)).last_status is not status:
        await asyncio.sleep(0.05)
    return schedule


def test_server_does_not_run_what_a_strangers_index_wants(
    engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    overdue(engine, "--no-refresh")
    settings = engine.settings
    index = settings.index.model_copy(update={"key_file": tmp_path / "other.key"})
    stranger = Engine(settings.model_copy(update={"index": index}), tmp_path)

    async def run() -> Schedule:
        due = schedules_of(stranger)
        due.start(asyncio.Lock())
        await due.stop()
        return await read(engine)

    assert asyncio.run(run()).last_status is None
    assert "was written by somebody else" in caplog.text


def test_server_runs_what_is_due(engine: Engine) -> None:
    overdue(engine, "--no-refresh")

    async def work() -> None:
        async with started(JobQueue(engine, schedules_of(engine))):
            schedule = await until(engine, RunStatus.PASSED)
            assert schedule.last_run_at is not None
            assert schedule.next_run_at > schedule.last_run_at

    asyncio.run(work())


@pytest.mark.parametrize(
    ("failure", "line"),
    [
        (
            EnvironmentFailure("the disk is full", "free some space"),
            "schedules: the disk is full: free some space",
        ),
        (RuntimeError("def source(): ..."), "schedules: unexpected RuntimeError"),
    ],
)
def test_a_failure_to_run_schedules_is_one_line_in_the_log(
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    failure: Exception,
    line: str,
) -> None:
    def fail(self: Scheduler) -> None:
        raise failure

    monkeypatch.setattr(Scheduler, "run_due", fail)

    async def work() -> None:
        async with started(JobQueue(engine, schedules_of(engine))):
            while not caplog.messages:
                await asyncio.sleep(0.02)

    asyncio.run(work())
    assert caplog.messages == [line]


def test_schedules_wait_for_the_job_that_runs(engine: Engine, program: Program) -> None:
    program(SLEEPS)

    async def work() -> None:
        schedules = schedules_of(engine)
        async with started(JobQueue(engine)) as queue:
            job = await queue.submit(INDEX)
            await at_stage(queue, job, "at work")
            overdue(engine, "--no-refresh")
            schedules.start(queue._turn)
            await asyncio.sleep(0.2)
            assert (await read(engine)).last_status is None
            await queue.cancel(job.id)
            await until(engine, RunStatus.PASSED)
            await schedules.stop()

    asyncio.run(work())


def test_stopping_interrupts_the_scheduled_audit(engine: Engine, tmp_path: Path) -> None:
    package = tmp_path / "slow" / "codesearch"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    ready = tmp_path / "ready"
    (package / "__main__.py").write_text(f"import time; open({str(ready)!r}, 'w').close(); time.sleep(600)")
    overdue(engine)

    async def work() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PYTHONPATH", str(package.parent))
            async with started(JobQueue(engine, schedules_of(engine))):
                while not ready.exists():
                    await asyncio.sleep(0.05)
        schedule = await read(engine)
        assert schedule.last_status is RunStatus.FAILED

    asyncio.run(work())


def test_schedules_are_left_to_the_process_that_runs_them_already(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    overdue(engine, "--no-refresh")
    said: list[str] = []
    monkeypatch.setattr(scheduling.log, "info", lambda form, *words: said.append(form % words))
    words = [sys.executable, "-c", HOLD, str(engine.folder.path)]

    async def work() -> None:
        async with started(JobQueue(engine, schedules_of(engine))):
            while not said:
                await asyncio.sleep(0.02)
        assert (await read(engine)).last_status is None

    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        asyncio.run(work())
        holder.communicate("")
    [line] = said
    assert f"being run by process {holder.pid} on " in line
    assert line.endswith("not by this server")


def test_audit_that_steps_back_lets_others_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "codesearch"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(
        "import os, time\n"
        f"while os.getpriority(os.PRIO_PROCESS, 0) <= {os.getpriority(os.PRIO_PROCESS, 0)}:\n"
        "    time.sleep(0.01)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    audit = ScheduledAudit("app", "0 3 * * *", "UTC", (), (), str(tmp_path))
    assert AuditProcess([], niceness=5).run(audit).code == 0
