"""The load on a server is open: what is due is sent, whatever became of earlier requests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from scripted_server import Reply, Request, ScriptedServer, document, half

from benchmarks.documents import Json
from benchmarks.serving.connections import NO_ANSWER
from benchmarks.serving.load import Answers, Load
from benchmarks.serving.sender import moments, send
from benchmarks.serving.snippets import LINES, cut_snippets, hold_out
from benchmarks.serving.table import table

WAITS: Json = {"p50_ms": 10.0, "p95_ms": 20.0, "p99_ms": 30.0}


def sent(script: Callable[[Request], Reply], count: int) -> Answers:
    """What came of requests that are due within milliseconds."""
    with ScriptedServer(script) as server:
        return asyncio.run(send(Load(server.port, "/api/v1/query", ['{"code": "x"}'], 2000, count, 0)))


@pytest.mark.enable_socket
def test_requests_are_sent_though_none_was_answered() -> None:
    everyone = threading.Barrier(20, timeout=60)

    def answer(_: Request) -> Reply:
        everyone.wait()
        return document({})

    assert list(sent(answer, 20).status) == [200] * 20


def test_requests_are_due_at_even_distances_or_at_random_moments() -> None:
    load = Load(1, "/", ["{}"], rate=50, count=4, seed=0)
    assert list(moments(replace(load, paced=True))) == pytest.approx([0.02, 0.04, 0.06, 0.08])
    drawn = list(moments(load))
    assert drawn == sorted(drawn)
    assert drawn != list(moments(replace(load, seed=1)))


@pytest.mark.enable_socket
def test_refused_and_broken_requests_count_as_never_answered() -> None:
    replies = iter([document({}, 429), half(document({"results": []})), *[document({})] * 8])
    answers = sent(lambda _: next(replies), 10)
    assert sorted(answers.status) == [NO_ANSWER, *[200] * 8, 429]
    assert answers.failed() == 2
    percentiles = answers.percentiles()
    assert percentiles is not None
    assert percentiles[2] == float("inf")


def test_percentiles_are_of_the_requests_due_in_a_span() -> None:
    answers = Answers(1000.0, [0.0, 1.0, 2.0], [5.0, 7.0, 9.0], [200, 200, 200])
    assert answers.percentiles(1000.5, 1001.5) == (7.0, 7.0, 7.0)
    assert answers.percentiles(2000) is None


def test_snippets_are_runs_of_lines_that_begin_with_a_definition(tmp_path: Path) -> None:
    body = "".join(f"    step({number})\n" for number in range(30))
    (tmp_path / "a.py").write_text(f"import os\ndef first():\n{body}class Second:\n    x = 1\n", "utf-8")
    [snippet] = cut_snippets([tmp_path / "a.py"], seed=0)
    assert snippet.startswith("def first():\n")
    assert len(snippet.splitlines()) == LINES


def test_held_out_files_are_the_same_for_the_same_seed(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.py" for number in range(50)]
    assert hold_out(files, 1) == hold_out(reversed(files), 1)
    assert len(hold_out(files, 1)) == 5


def test_table_says_what_was_promised_and_kept() -> None:
    search = {
        "rate": 50.0,
        "requests": 20_000,
        "failed": 0,
        "memory_before": {"anonymous": 100, "resident": 200},
        "memory_after": {"anonymous": 104, "resident": 212},
    }
    indexing = {"rate": 50.0, "failed": 0, "job_seconds": 31.0, "before": WAITS}
    steps = {
        "paced": {"rate": 50.0, "requests": 5_000, "failed": 0} | WAITS | {"p95_ms": 15.0},
        "search": search | WAITS,
        "rerank": {"rate": 2.0, "requests": 200, "failed": 0, "degraded": ["rerank:no-model"]}
        | WAITS
        | {"p95_ms": 601.0},
        "indexing": indexing | {"during": WAITS | {"p95_ms": 50.0}},
        "page": {"milliseconds": 480.0, "bytes": 51_000, "runs": 5},
    }
    lines = table({"files": 1600, "held_out_files": 170, "snippets": 5000, "seed": 0, "steps": steps})
    assert "| without rerank | 50 | 20,000 | 0 | 10 | 20 | 30 |" in lines
    assert "| without rerank, at even distances | 50 | 5,000 | 0 | 10 | 15 | 30 |" in lines
    assert "| 95th percentile without rerank, at random moments | ≤ 150 ms | 20 ms | yes |" in lines
    assert "| 95th percentile without rerank, at even distances | ≤ 150 ms | 15 ms | yes |" in lines
    assert "| growth of memory over 20,000 requests | ≤ 5.0 % | 4.0 % | yes |" in lines
    assert "| growth of memory with mapped files over 20,000 requests | ≤ 5.0 % | 6.0 % | no |" in lines
    assert "| 95th percentile with rerank | ≤ 600 ms | 601 ms | no |" in lines
    assert "| 95th percentile during an index job, to that before | ≤ 2.00 times | 2.50 times | no |" in lines
    assert "| first page painted in Chromium | ≤ 1,000 ms | 480 ms | yes |" in lines
    assert lines[-1] == "Searches with rerank did not run as configured: rerank:no-model."
