"""The line of jobs: one at a time, kept in the store, so that a server may come and go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from codesearch.audit.child import Exit
from codesearch.core.errors import CodesearchError
from codesearch.core.jobs import Figures, Job, JobProgress, JobRequest, JobStatus
from codesearch.core.store import jobs as store
from codesearch.engine import Engine
from codesearch.server.failures import NotFound
from codesearch.server.jobs.messages import JobOrder
from codesearch.server.jobs.process import JobProcess
from codesearch.server.jobs.requests import checked
from codesearch.server.jobs.scheduling import DueSchedules
from codesearch.server.jobs.watchers import Watchers
from codesearch.serving.pool import Busy

if TYPE_CHECKING:
    from sqlalchemy import Connection

log = logging.getLogger(__name__)

MOST_WAITING = 8
"""Jobs in line; each may take minutes, so whoever wants more is a script gone wild."""
RETRY_AFTER = 60  # seconds after which a place in the line may be free
GRACE = 15.0  # seconds for a cancelled run; killing it leaves the previous index whole
EVENTS_PAUSE = 0.25  # seconds between two events of one watcher
STORE_PAUSE = 5.0  # seconds until a store that could not be used is tried again

Result = TypeVar("Result")


class _Running:
    """The job at work."""

    def __init__(self, job: Job, engine: Engine, told: Callable[[], None], grace: float) -> None:
        self.job = job
        self.cancelled = False
        self._told = told
        index = engine.settings.index.model_copy(update={"dir": engine.folder.path})
        settings = engine.settings.model_copy(update={"index": index})
        self.process = JobProcess(JobOrder(job.request, settings), self._heard, grace)

    def _heard(self, progress: JobProgress) -> None:
        if not self.cancelled:
            self.show(progress)

    def show(self, progress: JobProgress) -> None:
        """Let watchers see how far it is."""
        self.job = replace(self.job, progress=progress)
        self._told()


class JobQueue:
    """Jobs of one index; all methods belong to the event loop in which :meth:`start` was called.

    Args:
        engine: Its settings are those of the jobs; its index has a store.
        schedules: Runs due schedules between the jobs; None where nobody wants that.
        most_waiting: Jobs in line before further ones are refused.
        grace: Seconds that an interrupted job may take to end by itself.
    """

    def __init__(
        self,
        engine: Engine,
        schedules: DueSchedules | None = None,
        *,
        most_waiting: int = MOST_WAITING,
        grace: float = GRACE,
    ) -> None:
        self._engine = engine
        self._schedules = schedules
        self._most_waiting = most_waiting
        self._grace = grace
        self._watchers = Watchers()
        self._turn = asyncio.Lock()  # one run at a time, be it a job's or a schedule's
        self._changing = asyncio.Lock()  # held while the state of a job changes
        self._news = asyncio.Event()
        self._running: _Running | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        """Begin to carry out what is in the line; what a server left that died in the middle comes first.

        Only for the one process that holds :func:`codesearch.audit.lock.serving`.
        """
        self._task = asyncio.create_task(self._carry_out_all())
        if self._schedules is not None:
            self._schedules.start(self._turn)

    async def stop(self) -> None:
        """Interrupt what runs, which goes back into the line, and wait until it has ended."""
        self.end_streams()
        if self._schedules is not None:
            await self._schedules.stop()
        if self._task is None:
            return
        async with self._changing:
            if self._running is None:
                self._task.cancel()
            else:
                self._running.process.interrupt()
        with suppress(asyncio.CancelledError):
            await self._task

    def end_streams(self) -> None:
        """End all streams of events, and begin no further job: the server is about to stop.

        A server that waits for its connections before it calls :meth:`stop` waits for them in vain without.
        """
        self._stopping = True
        self._news.set()
        self._watchers.tell_all()

    async def submit(self, request: JobRequest, by: str | None = None) -> Job:
        """Put a job in the line; one that waits there for the same already is given back instead.

        Args:
            request: What is wanted.
            by: Who asks, for people.

        Raises:
            Busy: Too many are waiting.
            InputError: A corpus is not indexed.
            UsageError: What is wanted cannot be.
            IndexFailure: There is no index, or it cannot be used.
        """
        minimum = self._engine.settings.fragments
        indexed = await asyncio.to_thread(self._engine.corpus_roots)
        wanted = checked(request, indexed, minimum)
        async with self._changing:
            job = await self._write(lambda connection: self._add(connection, wanted, by))
        self._news.set()
        return job

    def _add(self, connection: Connection, request: JobRequest, by: str | None) -> Job:
        waiting = store.queued_jobs(connection)
        for job in waiting:
            if job.request == request:
                return job
        if len(waiting) >= self._most_waiting:
            raise Busy(f"{len(waiting)} jobs are waiting", RETRY_AFTER)
        return store.add_job(connection, request, by)

    @property
    def running(self) -> Job | None:
        """The job at work; None when there is none."""
        return None if self._running is None else self._running.job

    async def waiting(self) -> tuple[Job, ...]:
        """The line, next one first."""
        return await self._read(store.queued_jobs)

    async def job(self, number: int) -> Job:
        """A job as it is now.

        Raises:
            NotFound: There is none of this number, or it was forgotten.
        """
        if self._running is not None and self._running.job.id == number:
            return self._running.job
        job = await self._read(lambda connection: store.read_job(connection, number))
        if job is None:
            raise NotFound(f"no job {number}", f"the last {store.KEPT} jobs are kept")
        return job

    async def jobs(self, offset: int = 0, limit: int = 50) -> tuple[Sequence[Job], int]:
        """Jobs, newest first, and how many there are in all."""

        def read(connection: Connection) -> tuple[Sequence[Job], int]:
            return store.read_jobs(connection, offset, limit), store.count_jobs(connection)

        jobs, total = await self._read(read)
        running = self.running
        live = [running if running is not None and running.id == job.id else job for job in jobs]
        return live, total

    async def cancel(self, number: int) -> Job:
        """Take a job out of the line, or have it end soon; one that has ended stays as it is.

        Returns:
            The job as it is now: one at work is still running until its process has ended.

        Raises:
            NotFound: There is none of this number.
        """
        async with self._changing:
            running = self._running
            if running is not None and running.job.id == number:
                running.cancelled = True
                running.show(JobProgress("cancelling"))
                running.process.interrupt()
                return running.job
            job = await self.job(number)
            if job.status is JobStatus.QUEUED:
                await self._write(lambda connection: store.end_job(connection, number, JobStatus.CANCELLED))
        self._watchers.tell(number)
        return await self.job(number)

    async def events(self, number: int, after: str | None = None) -> AsyncIterator[Job]:
        """A job as it is now, then whenever it changed, a few times a second at most, until it has ended.

        Args:
            number: Its number.
            after: :attr:`Job.mark` of what the caller saw last; what is still so is not told again, but the
                end always is.

        Raises:
            NotFound: There is none of this number.
        """
        with self._watchers.watching(number) as news:
            while True:
                news.clear()
                job = await self.job(number)
                if job.mark != after or job.status.ended:
                    yield job
                    after = job.mark
                if job.status.ended or self._stopping:
                    return
                await asyncio.sleep(EVENTS_PAUSE)
                await news.wait()

    async def _carry_out_all(self) -> None:
        recovered = False
        while not self._stopping:
            self._news.clear()
            try:
                if not recovered:
                    await self._recover()
                    recovered = True
                async with self._turn:
                    found = await self._carry_out_next()
            except Exception as error:  # the line goes on, whatever it is
                log.warning("jobs: %s", error if isinstance(error, CodesearchError) else _named(error))
                await asyncio.sleep(STORE_PAUSE)
            else:
                if not found and not self._stopping:
                    await self._news.wait()

    async def _recover(self) -> None:
        async with self._changing:
            for job in await self._write(store.recover_jobs):
                log.warning("job %d was interrupted when the server before ended", job.id)

    async def _carry_out_next(self) -> bool:
        """Carry out the next job, if there is one."""
        async with self._changing:
            line = () if self._stopping else await self._read(store.queued_jobs)
            if not line:
                return False
            number = line[0].id
            job = await self._write(lambda connection: store.begin_job(connection, number))
            running = _Running(job, self._engine, lambda: self._watchers.tell(number), self._grace)
            self._running = running
        self._watchers.tell(number)
        log.info("job %d: %s", number, running.job.request.kind)
        ended, figures = await self._outcome(running)
        while not await self._record(running, ended, figures):
            await asyncio.sleep(STORE_PAUSE)
        self._watchers.tell(number)
        return True

    async def _outcome(self, running: _Running) -> tuple[Exit, Figures | None]:
        try:
            return await running.process.run()
        except Exception as error:  # others wait in line, whatever it is
            failure = _named(error)
            log.error("job %d: %s", running.job.id, failure)  # noqa: TRY400
            log.debug("it came from", exc_info=error)
            return Exit(0, 3, failure), None

    async def _record(self, running: _Running, ended: Exit, figures: Figures | None) -> bool:
        """Write down what became of a job; False where that has to be tried again."""
        number = running.job.id

        def record(connection: Connection) -> None:
            if ended.code == 0 and figures is not None:
                store.end_job(connection, number, JobStatus.DONE, result=figures)
            elif running.cancelled:
                store.end_job(connection, number, JobStatus.CANCELLED)
            elif self._stopping:
                store.put_back(connection, number)
            else:
                store.end_job(connection, number, JobStatus.FAILED, failure=ended.failure)

        async with self._changing:
            try:
                await self._write(record)
            except CodesearchError as error:
                log.warning("job %d: what became of it cannot be recorded: %s", number, error)
                if not self._stopping:
                    return False
                # The next server finds it abandoned.
            self._running = None
        return True

    async def _read(self, work: Callable[[Connection], Result]) -> Result:
        """What a reader of the store gives; it is opened anew, for it may have been replaced."""

        def read() -> Result:
            with self._engine.open_database() as database, database.read() as connection:
                return work(connection)

        return await asyncio.to_thread(read)

    async def _write(self, work: Callable[[Connection], Result]) -> Result:
        """What a writer of the store gives, once it is committed."""

        def write() -> Result:
            with self._engine.open_database() as database, database.write() as connection:
                return work(connection)

        return await asyncio.to_thread(write)


def _named(error: Exception) -> str:
    """What nobody foresaw, without its message, which may hold source text."""
    return f"unexpected {type(error).__name__}"
