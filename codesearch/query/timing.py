"""How long the stages of an answer take."""

from __future__ import annotations

import time


class Timer:
    """Milliseconds by stage."""

    def __init__(self) -> None:
        self._started = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """A stage ends."""
        now = time.perf_counter()
        self._laps[stage] = 1000 * (now - self._last)
        self._last = now

    def milliseconds(self) -> dict[str, float]:
        """By stage, and the total since the start."""
        return {"total": 1000 * (time.perf_counter() - self._started), **self._laps}
