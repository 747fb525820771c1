"""Who waits for news of which job."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Watchers:
    """Wakes those who watch a job; all of it in the thread of one event loop."""

    def __init__(self) -> None:
        self._waiting: defaultdict[int, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def watching(self, job: int) -> Iterator[asyncio.Event]:
        """An event that is set whenever there is news of a job; whoever waits clears it."""
        news = asyncio.Event()
        self._waiting[job].add(news)
        try:
            yield news
        finally:
            self._waiting[job].discard(news)
            if not self._waiting[job]:
                del self._waiting[job]

    def tell(self, job: int) -> None:
        """There is news of a job."""
        for news in self._waiting.get(job, ()):
            news.set()

    def tell_all(self) -> None:
        """There is news of everything, such as that it ends."""
        for job in self._waiting:
            self.tell(job)

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))
