"""The figures as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.documents import Json, markdown_table


@dataclass(frozen=True, slots=True)
class _Promise:
    """A figure and the most that it may be.

    Attributes:
        title: What it is.
        value: What was measured, in ``unit``.
        most: What was promised.
        unit: Written behind both.
        digits: Decimals shown.
    """

    title: str
    value: float
    most: float
    unit: str
    digits: int = 0

    def row(self) -> list[str]:
        """Cells of the table."""
        kept = "yes" if self.value <= self.most else "no"
        shown = [f"{number:,.{self.digits}f} {self.unit}" for number in (self.most, self.value)]
        return [self.title, f"≤ {shown[0]}", shown[1], kept]


_LOADS = {
    "search": "without rerank",
    "paced": "without rerank, at even distances",
    "rerank": "with rerank",
}


def table(figures: Json) -> list[str]:
    """Percentiles of the searches and what was promised."""
    steps = figures["steps"]
    return [
        f"{figures['files']:,} files indexed; searches are for {figures['snippets']:,} runs of 20 lines that",
        f"begin with a definition, from {figures['held_out_files']} files outside the index (seed",
        f"{figures['seed']}). One server process, and a second one that sends. Requests are due at random",
        "moments, as those of many independent callers are, or at even distances, as load generators send",
        "them, whether or not earlier ones were answered; their latency counts from when they were due.",
        "Failed ones count as never answered.",
        "",
        *markdown_table(
            ["searches", "per second", "requests", "failed", "p50 ms", "p95 ms", "p99 ms"],
            list(_latencies(steps)),
        ),
        "",
        *markdown_table(
            ["figure", "promised", "measured", "kept"], [promise.row() for promise in _promises(steps)]
        ),
        *_machine(steps),
        *_degraded(steps),
    ]


def _machine(steps: Json) -> list[str]:
    """What a search takes on any load, and how much of the machine others had."""
    search = steps.get("search", {})
    if "cpu_ms" not in search:
        return []
    return [
        "",
        f"A search without rerank took {search['cpu_ms']:.1f} ms of processor time in the server. The host",
        f"kept {search['stolen']:.1%} of the time of all cores for other machines meanwhile.",
    ]


def _degraded(steps: Json) -> list[str]:
    found = steps.get("rerank", {}).get("degraded", [])
    return ["", f"Searches with rerank did not run as configured: {', '.join(found)}."] if found else []


def _latencies(steps: Json) -> Iterator[list[str]]:
    for name, title in _LOADS.items():
        if name in steps:
            step = steps[name]
            yield [title, f"{step['rate']:g}", f"{step['requests']:,}", f"{step['failed']:,}", *_waits(step)]
    if "indexing" in steps:
        step = steps["indexing"]
        seconds = f"{step['job_seconds']:.0f}"
        for name, title in (("before", "before an index job"), ("during", f"during it, {seconds} s")):
            yield [
                f"{_LOADS['paced']}, {title}",
                f"{step['rate']:g}",
                "",
                f"{step['failed']:,}",
                *_waits(step[name]),
            ]


def _waits(percentiles: Json) -> list[str]:
    return [f"{percentiles[key]:,.0f}" for key in ("p50_ms", "p95_ms", "p99_ms")]


def _promises(steps: Json) -> Iterator[_Promise]:
    if paced := steps.get("paced"):
        yield _Promise("95th percentile without rerank, at even distances", paced["p95_ms"], 150, "ms")
    if search := steps.get("search"):
        yield _Promise("95th percentile without rerank, at random moments", search["p95_ms"], 150, "ms")
        for name, title in (("anonymous", "memory"), ("resident", "memory with mapped files")):
            growth = search["memory_after"][name] / search["memory_before"][name] - 1
            yield _Promise(f"growth of {title} over {search['requests']:,} requests", 100 * growth, 5, "%", 1)
    if rerank := steps.get("rerank"):
        yield _Promise("95th percentile with rerank", rerank["p95_ms"], 600, "ms")
    if indexing := steps.get("indexing"):
        ratio = indexing["during"]["p95_ms"] / indexing["before"]["p95_ms"]
        yield _Promise("95th percentile during an index job, to that before", ratio, 2, "times", 2)
    if page := steps.get("page"):
        yield _Promise("first page painted in Chromium", page["milliseconds"], 1000, "ms")
        yield _Promise("first page and all that it loads", page["bytes"] / 1e3, 100, "kB")
