"""Sends a load: ``python -m benchmarks.serving.sender``, which reads it on standard input."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from itertools import accumulate

from benchmarks.serving.connections import Connections, request_of
from benchmarks.serving.load import Answers, Load


async def send(load: Load) -> Answers:
    """Sends a load."""
    due = list(moments(load))
    requests = [request_of(load.port, load.path, body) for body in load.bodies]
    connections = Connections(load.port)
    started = time.time()
    clock = time.perf_counter()

    async def one(number: int) -> tuple[float, int]:
        await asyncio.sleep(clock + due[number] - time.perf_counter())
        status = (await connections.ask(requests[number % len(requests)])).status
        return 1000 * (time.perf_counter() - clock - due[number]), status

    done = await asyncio.gather(*map(one, range(load.count)))
    connections.close()
    return Answers(started, due, [wait for wait, _ in done], [status for _, status in done])


def moments(load: Load) -> Iterator[float]:
    """When requests are due, seconds from the start."""
    rng = random.Random(load.seed)
    distances = (1 / load.rate if load.paced else rng.expovariate(load.rate) for _ in range(load.count))
    return accumulate(distances)


if __name__ == "__main__":
    json.dump(asdict(asyncio.run(send(Load(**json.load(sys.stdin))))), sys.stdout)
