"""What a server holds while it runs."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict, dataclass
from itertools import pairwise

from benchmarks.serving.server import Server


@dataclass(frozen=True, slots=True)
class Vitals:
    """At one moment.

    Attributes:
        seconds: Since the first one.
        anonymous: Bytes of memory that belong to no file.
        handles: Open files and sockets.
        threads: Of the process.
    """

    seconds: float
    anonymous: int
    handles: int
    threads: int


async def watch(server: Server, every: float) -> list[Vitals]:
    """Vitals of a server until cancelled; sockets of clients are no handles of its own."""
    import psutil

    process = psutil.Process(server.process.pid)
    started = time.perf_counter()
    seen: list[Vitals] = []
    try:
        while True:
            handles = process.num_fds() - len(process.net_connections("tcp"))
            memory = server.memory()["anonymous"]
            seen.append(Vitals(time.perf_counter() - started, memory, handles, process.num_threads()))
            await asyncio.sleep(every)
    except asyncio.CancelledError:
        return seen


def thirds(seen: list[Vitals]) -> dict[str, dict[str, float]]:
    """Means over the second and the last third, by which growth shows after a start has settled."""
    third = max(len(seen) // 3, 1)
    return {
        name: {
            key: sum(asdict(one)[key] for one in part) / len(part)
            for key in ("anonymous", "handles", "threads")
        }
        for name, part in (("middle", seen[-2 * third : -third] or seen), ("end", seen[-third:]))
    }


def longest_pause(seen: list[Vitals]) -> float:
    """Most seconds from one look to the next: if far more than was asked for, the machine stood still."""
    return max((after.seconds - before.seconds for before, after in pairwise(seen)), default=0.0)
