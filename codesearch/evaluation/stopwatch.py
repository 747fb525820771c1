"""Seconds by stage of a measurement."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Adds up the time of named blocks."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._stages: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the block to a stage."""
        started = time.perf_counter()
        yield
        self._stages[name] = self._stages.get(name, 0.0) + time.perf_counter() - started

    def seconds(self) -> dict[str, float]:
        """By stage in the order they first ran, and ``total`` since the watch was made."""
        return {**self._stages, "total": time.perf_counter() - self._started}
