"""Sends a load: ``python -m benchmarks.serving.sender``, which reads it on standard input."""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import time
from dataclasses import asdict
from itertools import accumulate

from benchmarks.serving.load import NO_ANSWER, Answers, Load

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n")


async def send(load: Load) -> Answers:
    """Sends a load."""
    rng = random.Random(load.seed)
    due = list(accumulate(rng.expovariate(load.rate) for _ in range(load.count)))
    requests = [_request(load, body) for body in load.bodies]
    connections = _Connections(load.port)
    started = time.time()
    clock = time.perf_counter()

    async def one(number: int) -> tuple[float, int]:
        await asyncio.sleep(clock + due[number] - time.perf_counter())
        status = await connections.status_of(requests[number % len(requests)])
        return 1000 * (time.perf_counter() - clock - due[number]), status

    done = await asyncio.gather(*map(one, range(load.count)))
    connections.close()
    return Answers(started, due, [wait for wait, _ in done], [status for _, status in done])


class _Connections:
    """As many kept-alive connections as there are requests under way."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def status_of(self, request: bytes) -> int:
        """Status of the answer to a request, once it has come whole."""
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():  # the server may have closed what was idle for long
                break
        else:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            except OSError:
                return NO_ANSWER
        try:
            status, kept = await _exchange(reader, writer, request)
        except (OSError, EOFError):
            status, kept = NO_ANSWER, False
        if kept:
            self._idle.append((reader, writer))
        else:
            writer.close()
        return status

    def close(self) -> None:
        for _, writer in self._idle:
            writer.close()


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> tuple[int, bool]:
    """Status of the answer, and whether the connection stays open."""
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = _LENGTH.search(head)
    if length is None:
        raise EOFError("an answer without its length")
    await reader.readexactly(int(length[1]))
    return int(head.split(b" ", 2)[1]), b"\r\nconnection: close\r\n" not in head


def _request(load: Load, body: str) -> bytes:
    content = body.encode()
    head = (
        f"POST {load.path} HTTP/1.1\r\nHost: 127.0.0.1:{load.port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


if __name__ == "__main__":
    json.dump(asdict(asyncio.run(send(Load(**json.load(sys.stdin))))), sys.stdout)
