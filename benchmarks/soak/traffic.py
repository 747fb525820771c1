"""Clients that do not wait for each other: requests come at a rate, whatever becomes of them."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.serving.connections import NO_ANSWER, Answer, Connections, request_of
from benchmarks.soak.questions import ACCEPTED, OK, Question, References, verdicts

BUSY, STOPPING = 429, 503
RATED = 50.0
"""Searches a second that the server is made for."""
PAGES = ("/", "/corpora", "/audits", "/judge", "/api/v1/status", "/metrics")
SHARES = {"search": 0.75, "reranked search": 0.04, "compare": 0.1, "page": 0.08, "verdict": 0.03}
_MOST_UNDER_WAY = 300  # more clients than that go away


@dataclass(slots=True)
class Traffic:
    """What came of the requests.

    Attributes:
        statuses: Answers by kind and HTTP status; 0 where the connection broke.
        milliseconds: Of good answers by kind.
        wrong: Answers that are right for no state of the corpus, by kind.
        impolite: Refusals of a busy server that do not say when to come back.
        kept: A word of each verdict that the server said it keeps.
        unsent: Requests that were not sent, because too many were under way.
        refused_at_the_end: Requests under way that the server refused, or whose connection it closed, when it
            was stopped.
    """

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    milliseconds: dict[str, list[float]] = field(default_factory=dict)
    wrong: Counter[str] = field(default_factory=Counter)
    impolite: int = 0
    kept: list[str] = field(default_factory=list)
    unsent: int = 0
    refused_at_the_end: int = 0

    def errors(self) -> dict[str, int]:
        """Answers that are neither good nor a refusal of a busy server."""
        return {
            f"{kind}: {status}": count
            for (kind, status), count in sorted(self.statuses.items())
            if status not in {OK, ACCEPTED, BUSY}
        }


class Clients:
    """Send requests until they are told to stop.

    Args:
        port: Of the server.
        questions: What is asked.
        references: What is right.
        seed: Of what is sent when.
    """

    def __init__(self, port: int, questions: Sequence[Question], references: References, seed: int) -> None:
        self.traffic = Traffic()
        self._port = port
        self._references = references
        self._random = random.Random(seed)
        self._by_kind = {kind: [one for one in questions if one.kind == kind] for kind in SHARES}
        self._connections = Connections(port)
        self._verdicts = verdicts()
        self._stopping = False

    def stop(self) -> None:
        """Send no more; what breaks from now on is the server's end."""
        self._stopping = True

    async def send(self, rate: float) -> None:
        """Send ``rate`` requests a second until stopped, then wait for what is under way."""
        under_way: set[asyncio.Task[None]] = set()
        due = time.perf_counter()
        kinds, shares = list(SHARES), list(SHARES.values())
        while not self._stopping:
            due += self._random.expovariate(rate)
            await asyncio.sleep(due - time.perf_counter())
            if len(under_way) >= _MOST_UNDER_WAY:
                self.traffic.unsent += 1
                continue
            [kind] = self._random.choices(kinds, shares)
            task = asyncio.create_task(self._one(kind))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        await asyncio.gather(*under_way)
        self._connections.close()

    async def _one(self, kind: str) -> None:
        if kind == "verdict":
            word, body = next(self._verdicts)
            if (await self._ask(kind, "/api/v1/feedback", body)).status == ACCEPTED:
                self.traffic.kept.append(word)
        elif kind == "page":
            await self._ask(kind, self._random.choice(PAGES))
        else:
            question = self._random.choice(self._by_kind[kind])
            answer = await self._ask(kind, question.path, question.body)
            if answer.status == OK and not self._references.holds(question, answer):
                self.traffic.wrong[kind] += 1

    async def _ask(self, kind: str, path: str, body: str | None = None) -> Answer:
        started = time.perf_counter()
        answer = await self._connections.ask(request_of(self._port, path, body))
        traffic = self.traffic
        if self._stopping and answer.status in {NO_ANSWER, STOPPING}:
            traffic.refused_at_the_end += 1
            return answer
        traffic.statuses[kind, answer.status] += 1
        if answer.status == BUSY and b"\r\nretry-after: " not in answer.head:
            traffic.impolite += 1
        if answer.status in {OK, ACCEPTED}:
            traffic.milliseconds.setdefault(kind, []).append(1000 * (time.perf_counter() - started))
        return answer
