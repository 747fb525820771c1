"""The steps of the measurement."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.documents import Json
from benchmarks.peers.codesearch import Codesearch
from benchmarks.plan import Plan
from benchmarks.serving.first_page import measure_first_page
from benchmarks.serving.load import Answers, Load, send_load
from benchmarks.serving.server import Server, serving
from benchmarks.serving.snippets import cut_snippets, hold_out
from benchmarks.speed import STANDARD_LIBRARY_FOLDER, standard_library_files

QUERY = "/api/v1/query"
CORPUS = "python"
SEARCH_RATE, RERANK_RATE = 50.0, 2.0  # requests a second: those of the promise
WARM_UP = 1000  # requests; the first ones fault in the mapped arrays, and allocators reach their size
STEADY = 20_000  # requests over which memory must not grow
PACED = 5_000  # requests at even distances
RERANKED = 200
_NO_JUDGE = "judge:left-out"  # as asked: what is measured are retrieval and reranker
BEFORE_SECONDS, JOB_SECONDS = 30, 120  # of load before an index job, and more than it needs


def run(plan: Plan) -> Json:
    """Measure every step of :data:`STEPS`, or those that ``plan.only`` names."""
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        held_out = hold_out(standard_library_files(), plan.seed)
        corpus = _copy(set(standard_library_files()) - set(held_out), folder / CORPUS)
        snippets = cut_snippets(held_out, plan.seed)
        Codesearch().run(["index", CORPUS, "--json"], folder)
        with serving(folder) as server:
            site = _Site(server, snippets, corpus, plan)
            site.search(SEARCH_RATE, WARM_UP, rerank=False)
            steps: Json = {}
            for name, step in STEPS.items():
                if not plan.only or name.startswith(plan.only):
                    print(f"serving: {name} ...", file=sys.stderr)
                    steps[name] = step(site)
    return {
        "files": len(corpus),
        "held_out_files": len(held_out),
        "snippets": len(snippets),
        "seed": plan.seed,
        "steps": steps,
    }


@dataclass(frozen=True, slots=True)
class _Site:
    """What the steps ask.

    Attributes:
        server: Over the indexed corpus, warmed up.
        snippets: What is searched for.
        corpus: The indexed files.
        plan: Repetitions and seed.
    """

    server: Server
    snippets: Sequence[str]
    corpus: Sequence[Path]
    plan: Plan

    def search(self, rate: float, count: int, *, rerank: bool, paced: bool = False) -> Answers:
        """Sends searches."""
        bodies = [json.dumps(_query(snippet, rerank=rerank)) for snippet in self.snippets]
        return send_load(Load(self.server.port, QUERY, bodies, rate, count, self.plan.seed, paced))


def _paced(site: _Site) -> Json:
    """Searches without the reranker at even distances."""
    return _latency(site.search(SEARCH_RATE, PACED, rerank=False, paced=True), SEARCH_RATE)


def _search(site: _Site) -> Json:
    """Searches without the reranker for minutes, the memory before and after, and the processor time."""
    import psutil

    before, used, host = site.server.memory(), site.server.cpu_seconds(), psutil.cpu_times()
    answers = site.search(SEARCH_RATE, STEADY, rerank=False)
    after, now = site.server.memory(), psutil.cpu_times()
    passed = sum(now) - sum(host)
    return _latency(answers, SEARCH_RATE) | {
        "memory_before": before,
        "memory_after": after,
        "cpu_ms": 1000 * (site.server.cpu_seconds() - used) / STEADY,
        "stolen": (getattr(now, "steal", 0.0) - getattr(host, "steal", 0.0)) / passed,
    }


def _rerank(site: _Site) -> Json:
    """Searches with the reranker, and what did not run as configured in one of them."""
    notes = site.server.ask(QUERY, _query(site.snippets[0], rerank=True))["degraded"]
    answers = site.search(RERANK_RATE, RERANKED, rerank=True)
    return _latency(answers, RERANK_RATE) | {"degraded": [note for note in notes if note != _NO_JUDGE]}


def _indexing(site: _Site) -> Json:
    """Searches before and while a job reads a corpus each file of which was edited; at even distances, as
    chance makes waits at random moments differ by more than the job does.
    """
    count = round(SEARCH_RATE * (BEFORE_SECONDS + JOB_SECONDS))
    _edit(site.corpus)
    with ThreadPoolExecutor(1) as beside:
        load = beside.submit(site.search, SEARCH_RATE, count, rerank=False, paced=True)
        time.sleep(BEFORE_SECONDS)
        began, ended = site.server.index_anew(CORPUS)
    answers = load.result()
    return {
        "rate": SEARCH_RATE,
        "failed": answers.failed(),
        "job_seconds": ended - began,
        "before": _percentiles(answers, last=began),
        "during": _percentiles(answers, began, ended),
    }


def _page(site: _Site) -> Json:
    """The first page in a browser."""
    runs = max(site.plan.runs, 3)
    return asdict(measure_first_page(f"{site.server.url}/", runs)) | {"runs": runs}


STEPS: Mapping[str, Callable[[_Site], Json]] = {
    "search": _search,
    "paced": _paced,
    "rerank": _rerank,
    "indexing": _indexing,
    "page": _page,
}
"""In the order in which they are measured; the last but one changes the corpus."""


def _query(snippet: str, *, rerank: bool) -> Json:
    return {"code": snippet, "language": "python", "k": 10, "rerank": rerank, "judge": False}


def _latency(answers: Answers, rate: float) -> Json:
    counts = {"rate": rate, "requests": len(answers.status), "failed": answers.failed()}
    return counts | _percentiles(answers)


def _percentiles(answers: Answers, first: float = 0, last: float = float("inf")) -> Json:
    found = answers.percentiles(first, last)
    return {} if found is None else dict(zip(("p50_ms", "p95_ms", "p99_ms"), found, strict=True))


def _copy(files: Iterable[Path], target: Path) -> Sequence[Path]:
    copies = []
    for path in sorted(files):
        copy = target / path.relative_to(STANDARD_LIBRARY_FOLDER)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        copies.append(copy)
    return copies


def _edit(files: Iterable[Path]) -> None:
    """Adds a function to every file, a different one each."""
    for number, path in enumerate(files):
        body = "".join(f"    total += values[{step}] * {number}\n" for step in range(8))
        with path.open("a", encoding="utf-8") as stream:
            stream.write(f"\n\ndef added_{number}(values):\n    total = {number}\n{body}    return total\n")
