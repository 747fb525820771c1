"""What tests of jobs share: a queue that is stopped again, and jobs that are waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from codesearch.core.jobs import Job, JobKind, JobRequest, JobStatus
from codesearch.server.jobs.queue import JobQueue

INDEX = JobRequest(JobKind.INDEX)
AUDIT = JobRequest(JobKind.AUDIT)

Program = Callable[[str], None]
"""Puts a program in the place of the process of a job."""
SLEEPS = "progress('at work')\ntry:\n    time.sleep(600)\nexcept KeyboardInterrupt:\n    sys.exit(130)"
TELLS_PID = SLEEPS.replace("'at work'", "f'pid {os.getpid()}'")


@asynccontextmanager
async def started(queue: JobQueue) -> AsyncIterator[JobQueue]:
    """A queue that is stopped when the block ends, and leaves no task behind."""
    await queue.start()
    try:
        yield queue
    finally:
        await queue.stop()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not [task for task in others if "server/jobs" in repr(task.get_coro())]


async def ended(queue: JobQueue, job: Job) -> Job:
    """A job that has ended."""
    last = job
    async for seen in queue.events(job.id):
        last = seen
    assert last.status.ended, last
    return last


async def at_stage(queue: JobQueue, job: Job, stage: str) -> Job:
    """A job that has reached a stage."""
    async for seen in queue.events(job.id):
        if seen.progress.stage.startswith(stage):
            return seen
    raise AssertionError(f"it ended before {stage}: {await queue.job(job.id)}")


async def pid_of(queue: JobQueue, job: Job) -> int:
    """Number of the process of a job that runs :data:`TELLS_PID`."""
    return int((await at_stage(queue, job, "pid ")).progress.stage.removeprefix("pid "))


async def statuses(queue: JobQueue) -> dict[int, JobStatus]:
    """State of every job by its number."""
    jobs, _ = await queue.jobs()
    return {job.id: job.status for job in jobs}
