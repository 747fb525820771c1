"""The same jobs in one process and on a Ray cluster of two node processes of this machine.

Processor time is that of all processes: the command, its children, and both nodes with all that Ray runs
there. Two nodes on one machine show what distribution costs, not what it gains.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.documents import Json, markdown_table
from benchmarks.growth import copy_files, counts, first_lines, named_sources, shuffled, source_files
from benchmarks.plan import Plan
from benchmarks.process import installed_command
from benchmarks.ray_nodes import RayCluster, descendants, ray_cluster
from codesearch.core.errors import EnvironmentFailure
from indexer.segments.manifest import read_manifest

SAMPLE_SECONDS = 0.1  # what a process does after its last sample is lost: some ms of some seconds
VARYING = ("timing_ms", "seconds", "index")


@dataclass(frozen=True, slots=True)
class Job:
    """A command that is measured.

    Attributes:
        name: What it is called in the table.
        words: Its words after ``codesearch --index DIR``, for a corpus.
        fresh: Whether it starts without an index; otherwise it has the one that the jobs before it left.
        result: What has to be equal, from its document and the index folder.
    """

    name: str
    words: Callable[[Path], Sequence[str]]
    fresh: bool
    result: Callable[[Json, Path], object]


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall-clock and processor seconds of one run, and its result."""

    seconds: float
    cpu_seconds: float
    result: object


def _index_result(document: Json, index: Path) -> object:
    """The document without times, and the checksums of every array."""
    segments = read_manifest(index).segments
    arrays = [{name: file.checksum for name, file in entry.files.items()} for entry in segments]
    return _steady(document), arrays


def _steady(document: Json) -> str:
    return json.dumps({key: value for key, value in document.items() if key not in VARYING}, sort_keys=True)


def _audit(name: str, types: str) -> Job:
    words = ["--no-refresh", "--types", types]
    return Job(name, lambda corpus: ["audit", str(corpus), *words], fresh=False, result=_audit_result)


def _audit_result(document: Json, index: Path) -> object:
    """All that the audit says."""
    del index
    return json.dumps(document, sort_keys=True)


JOBS = (
    Job("index", lambda corpus: ["index", str(corpus)], fresh=True, result=_index_result),
    _audit("audit, T1 to T3", "T1,T2,T3"),
    _audit("audit, all types", "all"),
)
"""In the order in which they build on each other."""


def run(plan: Plan) -> Json:
    """Run every job in one process, on the cluster, and on the cluster while a worker is killed.

    Raises:
        InputError: A source cannot be read.
    """
    with tempfile.TemporaryDirectory() as root, ray_cluster() as cluster:
        corpus = Path(root) / "corpus"
        sample = first_lines(shuffled(source_files(plan.sources), plan.seed), plan.max_lines)
        copy_files(sample, corpus)
        jobs = {job.name: _measured(job, corpus, Path(root), cluster, plan.runs) for job in JOBS}
        return {
            "sources": counts(sample),
            "runs": plan.runs,
            "seed": plan.seed,
            "nodes": len(cluster.nodes),
            "jobs": jobs,
        }


def table(figures: Json) -> list[str]:
    """A row per job and place, with the ratio of processor time to one process."""
    rows = []
    for name, places in figures["jobs"].items():
        base = places["one process"]
        for place, cost in places.items():
            rows.append(
                [
                    name,
                    place,
                    f"{cost['seconds']:.1f}",
                    f"{cost['cpu_seconds']:.1f}",
                    f"{cost['cpu_seconds'] / base['cpu_seconds']:.2f}",
                    "yes" if cost["equal"] else "no",
                ]
            )
    head = ["job", "where", "seconds", "CPU seconds", "CPU / one process", "same result"]
    return [
        f"{named_sources(figures['sources'])}; medians, runs: {figures['runs']}.",
        f"{figures['nodes']} node processes on one machine, one task each at a time; CPU seconds are those",
        "of all processes, Ray's own among them. A worker is killed once per run, as soon as one works.",
        "",
        *markdown_table(head, rows),
    ]


def _measured(job: Job, corpus: Path, root: Path, cluster: RayCluster, runs: int) -> Json:
    """Every place in turns, so that load hits them alike."""
    on_cluster = ["--address", cluster.address]
    places: Mapping[str, tuple[Sequence[str], bool]] = {
        "one process": ([], False),
        "two nodes": (on_cluster, False),
        "two nodes, a worker killed": (on_cluster, True),
    }
    costs: dict[str, list[Cost]] = {place: [] for place in places}
    for turn in range(runs):
        for place, (words, kill) in places.items():
            print(f"cluster: {job.name}, {place}, run {turn + 1} of {runs} ...", file=sys.stderr)
            index = root / f"index-{re.sub('[^a-z]+', '-', place)}"
            # An audit of an index that did not change would read back what the last one compared.
            shutil.rmtree(index if job.fresh else index / "audit", ignore_errors=True)
            command = [
                installed_command("codesearch"),
                "--index",
                str(index),
                *job.words(corpus),
                *words,
                "--json",
            ]
            costs[place].append(_cost(command, job, index, root, cluster, kill=kill))
    wanted = costs["one process"][0].result
    return {
        place: {
            "seconds": median(cost.seconds for cost in found),
            "cpu_seconds": median(cost.cpu_seconds for cost in found),
            "equal": all(cost.result == wanted for cost in found),
        }
        for place, found in costs.items()
    }


def _cost(
    command: Sequence[str], job: Job, index: Path, root: Path, cluster: RayCluster, *, kill: bool
) -> Cost:
    """Run a command to its end.

    Raises:
        EnvironmentFailure: It failed.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        meter = _Meter(cluster.nodes)
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=root, env=os.environ | cluster.environment, stdout=output, stderr=errors
        )
        while process.poll() is None:
            meter.sample((*cluster.nodes, process.pid))
            kill = kill and not cluster.kill_a_worker()
            time.sleep(SAMPLE_SECONDS / 5 if kill else SAMPLE_SECONDS)
        seconds = time.perf_counter() - started
        meter.sample(cluster.nodes)
        output.seek(0)
        errors.seek(0)
        if process.returncode:
            lines = errors.read().decode(errors="replace").strip().splitlines() or ["no message"]
            raise EnvironmentFailure(f"{' '.join(command)} ended with code {process.returncode}", lines[-1])
        if kill:
            raise EnvironmentFailure(f"{' '.join(command)} ended before a worker could be killed", "")
        return Cost(seconds, meter.seconds, job.result(json.loads(output.read()), index))


class _Meter:
    """Adds up the processor time of processes and their descendants from its creation on."""

    def __init__(self, roots: Sequence[int]) -> None:
        self._seen: dict[tuple[int, float], float] = {}
        self.sample(roots)
        self._before = sum(self._seen.values())

    def sample(self, roots: Sequence[int]) -> None:
        """Look at every process; one that ends keeps what it had when it was seen last."""
        import psutil

        for root in roots:
            for process in descendants(root, itself=True):
                try:
                    spent = process.cpu_times()
                    self._seen[process.pid, process.create_time()] = spent.user + spent.system
                except psutil.Error:
                    continue

    @property
    def seconds(self) -> float:
        """What was spent since."""
        return sum(self._seen.values()) - self._before
