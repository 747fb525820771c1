"""The course of a soak: learn what is right, load, stop in the middle, and look what is left."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.documents import Json
from benchmarks.peers.codesearch import Codesearch
from benchmarks.plan import Plan
from benchmarks.serving.server import ENDED, Server, serving
from benchmarks.serving.snippets import cut_snippets, hold_out
from benchmarks.soak.questions import References, questions_about
from benchmarks.soak.traffic import RATED, Clients, Traffic
from benchmarks.soak.vitals import Vitals, longest_pause, thirds, watch
from benchmarks.speed import STANDARD_LIBRARY_FOLDER, standard_library_files

CORPUS = "python"
_EDITED = 5  # files that change between the two states of the corpus
_POLL_SECONDS = 0.1
_MOST_COMPLAINTS = 50
_PATIENCE_SECONDS = 600  # a server that has not ended by then never will


@dataclass(frozen=True, slots=True)
class Soak:
    """What to do.

    Attributes:
        files: Indexed, of the standard library.
        questions: Snippets that are asked about.
        rate: Requests a second.
        seconds: Of load.
    """

    files: int
    questions: int
    rate: float
    seconds: float


def run(plan: Plan) -> Json:
    """Fifteen minutes, or ``CODESEARCH_SOAK_MINUTES``, at three times the rated load."""
    minutes = float(os.environ.get("CODESEARCH_SOAK_MINUTES", "15"))
    with tempfile.TemporaryDirectory() as root:
        return soak(Path(root), Soak(400, 60, 3 * RATED, 60 * minutes), plan.seed)


def soak(folder: Path, wanted: Soak, seed: int) -> Json:
    """Load a server over a corpus in ``folder``, stop it and start it again.

    Raises:
        EnvironmentFailure: The server does not start, or refuses a job.
        RuntimeError: It refuses an answer at rest.
    """
    sources = list(standard_library_files())
    held_out = hold_out(sources, seed)
    files = sorted(set(sources) - set(held_out))[: wanted.files]
    states = _States(_copy(files, folder / CORPUS))
    questions = questions_about(cut_snippets(held_out, seed)[: wanted.questions])
    references = References(questions)
    Codesearch().run(["index", CORPUS, "--json"], folder)
    with serving(folder) as server:
        references.learn(server.port)
        states.change()
        server.index_anew(CORPUS)
        references.learn(server.port)
        clients = Clients(server.port, questions, references, seed)
        course = asyncio.run(_load(server, clients, states, wanted))
        complaints = server.complaints()
    with serving(folder) as server:
        last = _last_job_ends(server)
        kept = server.read("/api/v1/feedback/export")
    return {
        **asdict(wanted),
        "seed": seed,
        **_traffic_figures(clients.traffic),
        "verdicts_found_again": sum(word in kept for word in clients.traffic.kept),
        "complaints": complaints[:_MOST_COMPLAINTS],
        "jobs": course.jobs,
        "vitals": thirds(course.vitals),
        "longest_pause": longest_pause(course.vitals),
        "exit_code": course.exit_code,
        "orphans": course.orphans,
        "stopped_while_job_was": course.job_was,
        "interrupted_job": last,
    }


class _States:
    """A corpus that is in one of two states.

    Args:
        files: Of the corpus; some of them change.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        edited = files[:_EDITED]
        before = [path.read_bytes() for path in edited]
        lines = b"".join(b"    total += values[%d]\n" % step for step in range(8))
        after = [text + b"\n\ndef added(values):\n    total = 0\n" + lines for text in before]
        self._texts = itertools.cycle([after, before])
        self._edited = edited

    def change(self) -> None:
        """Write the other state."""
        for path, text in zip(self._edited, next(self._texts), strict=True):
            path.write_bytes(text)


@dataclass(frozen=True, slots=True)
class _Course:
    """What the server did.

    Attributes:
        jobs: Index and audit jobs that ended well while it was loaded.
        vitals: One every second.
        exit_code: Of the process after SIGTERM, with a job and requests under way.
        orphans: Processes of its own that outlived it.
        job_was: Status of the last job when the server was told to stop.
    """

    jobs: int
    vitals: list[Vitals]
    exit_code: int
    orphans: int
    job_was: str


async def _load(server: Server, clients: Clients, states: _States, wanted: Soak) -> _Course:
    import psutil

    sending = asyncio.create_task(clients.send(wanted.rate))
    watching = asyncio.create_task(watch(server, every=1.0))
    until = time.monotonic() + wanted.seconds
    jobs = 0
    while time.monotonic() < until:
        states.change()
        await asyncio.to_thread(server.index_anew, CORPUS)
        await asyncio.to_thread(server.audit_anew, CORPUS)
        jobs += 2
    states.change()
    job = await asyncio.to_thread(server.ask, "/api/v1/jobs", {"kind": "index", "corpora": [CORPUS]})
    while job["status"] == "queued":
        job = await asyncio.to_thread(server.ask, f"/api/v1/jobs/{job['id']}")
    watching.cancel()
    vitals = await watching
    family = psutil.Process(server.process.pid).children(recursive=True)
    clients.stop()
    server.process.terminate()
    exit_code = await asyncio.to_thread(server.process.wait, _PATIENCE_SECONDS)
    await sending
    _, alive = await asyncio.to_thread(psutil.wait_procs, family, _PATIENCE_SECONDS)
    return _Course(jobs, vitals, exit_code, len(alive), job["status"])


def _last_job_ends(server: Server) -> str:
    """How the job ended that the stopped server left, at the server after it."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        [job, *_] = server.ask("/api/v1/jobs")["items"]
        if job["status"] in ENDED or time.monotonic() > until:
            return str(job["status"])
        time.sleep(_POLL_SECONDS)


def _copy(files: Sequence[Path], target: Path) -> list[Path]:
    copies = []
    for path in files:
        copy = target / path.relative_to(STANDARD_LIBRARY_FOLDER)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        copies.append(copy)
    return copies


def _traffic_figures(traffic: Traffic) -> Json:
    return {
        "requests": sum(traffic.statuses.values()),
        "unsent": traffic.unsent,
        "answers": {f"{kind}, {status}": n for (kind, status), n in sorted(traffic.statuses.items())},
        "errors": traffic.errors(),
        "wrong": dict(traffic.wrong),
        "impolite": traffic.impolite,
        "verdicts_kept": len(traffic.kept),
        "refused_at_the_end": traffic.refused_at_the_end,
        "milliseconds": {
            kind: [float(value) for value in np.percentile(waits, [50, 95, 99])]
            for kind, waits in sorted(traffic.milliseconds.items())
        },
    }
