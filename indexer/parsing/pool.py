"""Files are analysed in worker processes: results come in task order, and one bad file costs only itself.

Each batch of files is one job of a thread, which hands it to an idle worker process and collects the answers
file by file. So the file that a dying worker was at is known exactly: it is skipped with the reason, a fresh
worker goes on with the next one, and nothing is analysed twice. Threads only wait on sockets; they keep the
workers busy while the consumer of the results is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from threading import Lock
from typing import Protocol

from codesearch.core.protocols import SkippedFile, SourceFile
from indexer.parsing.process import WorkerDied, WorkerLimits, WorkerProcess
from indexer.parsing.worker import AnalysedFile, AnalyseOptions, UnchangedFile, analyse_file, skipped

Result = AnalysedFile | UnchangedFile | SkippedFile

_BATCH_FILES = 64
_BATCH_BYTES = 256 << 10  # about 0.1 s of work, so that the workers finish together
_BATCHES_AHEAD = 16  # per worker, 4 MB of source: bounds what waits in memory behind one slow file


class Analyser(Protocol):
    """What a worker process does with one file; a module-level function, which it imports by name."""

    def __call__(self, task: SourceFile, options: AnalyseOptions) -> Result:
        """The file's analysis, or why there is none."""
        ...


def analyse_files(
    tasks: Iterable[SourceFile],
    options: AnalyseOptions,
    jobs: int,
    analyser: Analyser = analyse_file,
) -> Generator[Result]:
    """Analyse files in ``jobs`` processes, also when that is one.

    Closing the generator, or an exception at the place that consumes it, kills the workers at once.

    Args:
        tasks: Consumed as the work proceeds.
        options: For every file.
        jobs: Number of processes, at least 1; they start as they are needed.
        analyser: Does the work; another one than the default only in tests and measurements.

    Returns:
        One result per task, in task order.

    Raises:
        EnvironmentFailure: Worker processes cannot be started.
        CodesearchError: The analyser raised it.
    """
    limits = WorkerLimits(options.time_limit, options.memory_limit)
    work = partial(analyser, options=options)
    pending: deque[Future[list[Result]]] = deque()
    # The workers are closed first: that is what ends the threads.
    with ThreadPoolExecutor(jobs) as threads, closing(GuardedProcesses(work, limits)) as workers:
        for batch in _batches(tasks):
            pending.append(threads.submit(workers.run, batch))
            if len(pending) >= jobs * _BATCHES_AHEAD:
                yield from pending.popleft().result()
        while pending:
            yield from pending.popleft().result()


def _batches(tasks: Iterable[SourceFile]) -> Iterator[list[SourceFile]]:
    batch: list[SourceFile] = []
    size = 0
    for task in tasks:
        batch.append(task)
        size += task.size
        if len(batch) >= _BATCH_FILES or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class GuardedProcesses:
    """Worker processes, started when none is idle; safe to use from several threads.

    Args:
        work: Importable function, or partial of one, that analyses a file.
        limits: What one file may cost.
    """

    def __init__(self, work: Callable[[SourceFile], Result], limits: WorkerLimits) -> None:
        self._work = work
        self._limits = limits
        self._lock = Lock()
        self._closed = False
        self._alive: set[WorkerProcess[SourceFile, Result]] = set()
        self._idle: list[WorkerProcess[SourceFile, Result]] = []

    def run(self, batch: Sequence[SourceFile]) -> list[Result]:
        """One result per file, in order."""
        results: list[Result] = []
        while len(results) < len(batch):
            worker = self._take()
            try:
                for result in worker.ask(batch[len(results) :]):
                    results.append(result)  # one by one: what came before a death has to stay
            except WorkerDied as death:
                with self._lock:
                    self._alive.discard(worker)
                results.append(skipped(batch[len(results)], death.reason))
            else:
                with self._lock:
                    self._idle.append(worker)
        return results

    def close(self) -> None:
        """Kill all workers; threads that wait for one see it die and find that there is no next one."""
        with self._lock:
            self._closed = True
            for worker in self._alive:
                worker.kill()
            while self._idle:
                self._idle.pop().bury()

    def _take(self) -> WorkerProcess[SourceFile, Result]:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        worker = WorkerProcess(self._work, self._limits)
        with self._lock:
            self._alive.add(worker)
            if self._closed:
                worker.kill()
        worker.greet()
        return worker
