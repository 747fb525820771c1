"""Work off the event loop, one piece at a time: the engine is used by one thread at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from codesearch.core.errors import EnvironmentFailure

MOST_WAITING = 32
"""Calls in line; an agent asks for one or two at a time, so more are a loop gone wild."""

Result = TypeVar("Result")


class Worker:
    """A line of calls; made inside the event loop that it serves."""

    def __init__(self) -> None:
        self._one = CapacityLimiter(1)

    async def run(self, work: Callable[[], Result]) -> Result:
        """The result of ``work``; one that is cancelled leaves the line, or is finished unheard.

        Raises:
            EnvironmentFailure: Too many are waiting.
        """
        if self._one.statistics().tasks_waiting >= MOST_WAITING:
            raise EnvironmentFailure(f"{MOST_WAITING} calls are waiting", "try again in a second")
        result: Result = await to_thread.run_sync(work, limiter=self._one)
        return result
