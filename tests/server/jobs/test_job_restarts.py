from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from job_lab import INDEX, SLEEPS, TELLS_PID, Program, at_stage, ended, started, statuses

from codesearch.core.jobs import JobKind, JobRequest, JobStatus
from codesearch.core.store import jobs as store
from codesearch.engine import Engine
from codesearch.server.jobs.messages import JobOrder
from codesearch.server.jobs.queue import JobQueue

APP = JobRequest(JobKind.INDEX, frozenset({"app"}))
LIB = JobRequest(JobKind.INDEX, frozenset({"lib"}))


def abandon(engine: Engine, request: JobRequest, attempts: int) -> int:
    """Leave a job as a server does that dies while it runs; returns its number."""
    with engine.open_database() as database, database.write() as connection:
        job = store.add_job(connection, request, None)
        for _ in range(attempts):
            store.begin_job(connection, job.id)
        return job.id


def test_job_that_a_stopped_server_interrupted_is_run_by_the_next_one(
    engine: Engine, program: Program
) -> None:
    program(SLEEPS)

    async def first() -> None:
        async with started(JobQueue(engine)) as queue:
            await at_stage(queue, await queue.submit(APP), "at work")
            await queue.submit(LIB)

    async def second() -> None:
        async with started(JobQueue(engine)) as queue:
            jobs, total = await queue.jobs()
            assert total == 2
            assert [(await ended(queue, job)).status for job in jobs] == [JobStatus.DONE] * 2

    async def between() -> None:
        assert await statuses(JobQueue(engine)) == {1: JobStatus.QUEUED, 2: JobStatus.QUEUED}

    asyncio.run(first())
    asyncio.run(between())
    program("finish()")
    asyncio.run(second())


def test_stopping_often_never_uses_up_the_attempts_of_a_job(engine: Engine, program: Program) -> None:
    program(SLEEPS)

    async def interrupt() -> None:
        async with started(JobQueue(engine)) as queue:
            job = await queue.job(1) if await statuses(queue) else await queue.submit(APP)
            await at_stage(queue, job, "at work")

    for _ in range(store.MOST_ATTEMPTS + 1):
        asyncio.run(interrupt())
        with engine.open_database() as database, database.write() as connection:
            assert [job.status for job in store.recover_jobs(connection)] == []
            assert [job.id for job in store.queued_jobs(connection)] == [1]


def test_job_of_a_server_that_died_is_begun_again_but_not_for_ever(engine: Engine, program: Program) -> None:
    program("finish()")
    once = abandon(engine, APP, 1)
    twice = abandon(engine, LIB, store.MOST_ATTEMPTS)

    async def work() -> None:
        async with started(JobQueue(engine)) as queue:
            assert (await ended(queue, await queue.job(once))).status is JobStatus.DONE
            given_up = await queue.job(twice)
            assert (given_up.status, given_up.failure) == (JobStatus.FAILED, store.GAVE_UP)

    asyncio.run(work())


SERVER = """
import asyncio, sys
from pathlib import Path
from codesearch.core.jobs import JobKind, JobRequest
from codesearch.core.settings import load_settings
from codesearch.core.settings.load import user_config_file
from codesearch.engine import Engine
from codesearch.server.jobs import process
from codesearch.server.jobs.queue import JobQueue
process.MODULE = "pretended"
async def main():
    engine = Engine(load_settings({"index.dir": Path(sys.argv[1])}).settings, user_config_file().parent)
    queue = JobQueue(engine)
    await queue.start()
    job = await queue.submit(JobRequest(JobKind.INDEX))
    async for seen in queue.events(job.id):
        if seen.progress.stage:
            print(seen.progress.stage, flush=True)
asyncio.run(main())
"""


def test_jobs_survive_a_server_that_is_killed(engine: Engine, program: Program) -> None:
    program(TELLS_PID)
    words = [sys.executable, "-c", SERVER, str(engine.folder.path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        child = int(server.stdout.readline().split()[1])
        server.kill()
    os.kill(child, signal.SIGKILL)  # the pretended one does not look after its server
    program("finish()")

    async def work() -> None:
        async with started(JobQueue(engine)) as queue:
            assert (await ended(queue, await queue.job(1))).status is JobStatus.DONE

    asyncio.run(work())


HOLD = """
import sys
from pathlib import Path
from codesearch.audit.lock import auditing
from indexer.folder import IndexFolder
folder = Path(sys.argv[1])
with {}:
    print("held", flush=True)
    sys.stdin.read()
"""
WRITING = HOLD.format("IndexFolder(folder, folder / 'key').writing()")
AUDITING = HOLD.format("auditing(folder)")


@asynccontextmanager
async def held(program: str, engine: Engine) -> AsyncIterator[asyncio.subprocess.Process]:
    """Another process that holds a lock of the index until its standard input ends."""
    holder = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        str(engine.folder.path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    yield holder
    await holder.communicate(b"")


def test_process_of_a_job_ends_with_its_server(engine: Engine) -> None:
    async def work() -> None:
        async with held(WRITING, engine) as holder:
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "codesearch.server.jobs.child"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write(JobOrder(INDEX, engine.settings).line())
            stage = json.loads(await child.stdout.readline())["progress"]["stage"]
            assert stage.startswith(f"waiting: the index is being written by process {holder.pid} on ")
            assert os.getpgid(child.pid) == child.pid  # an interrupt on our terminal is not its own
            assert os.getpriority(os.PRIO_PROCESS, child.pid) > os.getpriority(os.PRIO_PROCESS, 0)
            _, errors = await child.communicate(b"")  # closes its standard input, as our death would
            assert errors.decode().splitlines() == ["codesearch: error: interrupted"]
            assert child.returncode == 130

    asyncio.run(work())


@pytest.mark.parametrize(("program_", "kind"), [(WRITING, JobKind.INDEX), (AUDITING, JobKind.AUDIT)])
def test_job_waits_for_another_process_and_says_for_which(
    program_: str, kind: JobKind, engine: Engine
) -> None:
    async def work() -> None:
        async with started(JobQueue(engine)) as queue:
            async with held(program_, engine) as holder:
                job = await queue.submit(JobRequest(kind, frozenset({"app"})))
                seen = await at_stage(queue, job, "waiting")
                assert f"by process {holder.pid} on " in seen.progress.stage
            assert (await ended(queue, job)).status is JobStatus.DONE

    asyncio.run(work())


def test_waiting_job_can_be_cancelled(engine: Engine) -> None:
    async def work() -> None:
        async with held(WRITING, engine), started(JobQueue(engine)) as queue:
            job = await queue.submit(INDEX)
            await at_stage(queue, job, "waiting")
            await queue.cancel(job.id)
            assert (await ended(queue, job)).status is JobStatus.CANCELLED

    asyncio.run(work())
