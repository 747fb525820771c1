"""Work off the event loop, in a bounded number of threads with a bounded line before them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import TypeVar

from codesearch.core.errors import EnvironmentFailure

MOST_WAITING = 32
"""Pieces in line: whoever asks one or two at a time never gets there, so more are a loop gone wild."""

Result = TypeVar("Result")


class Busy(EnvironmentFailure):
    """There is more to do than can wait; it is worth trying again.

    Args:
        message: What there is too much of.
        retry_after: Seconds after which to try again.
    """

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(message, f"try again in {retry_after} s")
        self.retry_after = retry_after


class WorkPool:
    """Threads for work that would hold up an event loop.

    Args:
        threads: Pieces of work at a time.
        most_waiting: Pieces in line before they are refused.
    """

    def __init__(self, threads: int, most_waiting: int = MOST_WAITING) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="codesearch-work")
        self._threads = threads
        self._most_waiting = most_waiting
        self._lock = Lock()
        self._unfinished = 0

    @property
    def waiting(self) -> int:
        """Pieces in line."""
        return max(0, self._unfinished - self._threads)

    @property
    def running(self) -> int:
        """Pieces at work."""
        return min(self._unfinished, self._threads)

    async def run(self, work: Callable[[], Result]) -> Result:
        """The result of ``work``; a caller that is cancelled leaves the line, or the work is finished
        unheard and holds its thread until then.

        Raises:
            Busy: Too many are waiting.
        """
        with self._lock:
            if self.waiting >= self._most_waiting:
                raise Busy(f"{self._most_waiting} calls are waiting")
            self._unfinished += 1
        future = self._executor.submit(work)
        future.add_done_callback(self._finished)
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Drop what waits; what runs is finished."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _finished(self, future: Future[Result]) -> None:
        del future
        with self._lock:
            self._unfinished -= 1
