"""An open-loop load on a server, sent by a process of its own.

A request is sent when it is due, whether or not earlier ones were answered, and its latency counts from that
moment on. A server that stalls can therefore not hide it by keeping its callers from asking ("coordinated
omission"; Tene, How NOT to Measure Latency, 2013). Requests are due at random (a Poisson process), as those
of many independent callers are, or at even distances, as vegeta, wrk2 and k6 send them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from benchmarks.plan import CHECKOUT
from codesearch.core.errors import EnvironmentFailure


@dataclass(frozen=True, slots=True)
class Load:
    """What to send.

    Attributes:
        port: Of the server on 127.0.0.1.
        path: Where to POST to.
        bodies: JSON documents, sent one after the other and again from the first.
        rate: Requests per second on average.
        count: Requests altogether.
        seed: Of the moments at which they are due.
        paced: Whether these are at even distances instead.
    """

    port: int
    path: str
    bodies: Sequence[str]
    rate: float
    count: int
    seed: int
    paced: bool = False


@dataclass(frozen=True, slots=True)
class Answers:
    """What came of a load, one entry per request in the order in which they were due.

    Attributes:
        started: When the first could be due, seconds since the epoch.
        due: Seconds after that.
        milliseconds: From when it was due until its answer had come whole.
        status: HTTP status, or :data:`.connections.NO_ANSWER`.
    """

    started: float
    due: Sequence[float]
    milliseconds: Sequence[float]
    status: Sequence[int]

    def failed(self) -> int:
        """Requests without a good answer."""
        return sum(status != 200 for status in self.status)

    def percentiles(self, first: float = 0, last: float = float("inf")) -> tuple[float, float, float] | None:
        """50th, 95th and 99th in milliseconds of the requests due in a span of seconds since the epoch.

        Failed ones count as never answered, so that refusing work makes nothing look faster; None where no
        request was due.
        """
        waits = [
            wait if status == 200 else float("inf")
            for due, wait, status in zip(self.due, self.milliseconds, self.status, strict=True)
            if first <= self.started + due <= last
        ]
        if not waits:
            return None
        p50, p95, p99 = np.percentile(waits, [50, 95, 99], method="higher")
        return float(p50), float(p95), float(p99)


def send_load(load: Load) -> Answers:
    """Has a process send a load, and waits for its end.

    Raises:
        EnvironmentFailure: The process failed.
    """
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.serving.sender"],
        cwd=CHECKOUT,
        input=json.dumps(asdict(load)).encode(),
        stdout=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        raise EnvironmentFailure("the process that sends the load failed", "its message is above")
    return Answers(**json.loads(done.stdout))
