from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from job_lab import AUDIT, INDEX

from codesearch.core.jobs import AuditFigures, JobKind, JobProgress
from codesearch.core.settings import load_settings
from codesearch.core.store.job_values import request_text
from codesearch.server.jobs import messages
from codesearch.server.jobs.messages import JobOrder, Message, ToldProgress, message_line, parse_message
from codesearch.server.jobs.process import MODULE
from codesearch.server.jobs.work import spared


def test_order_carries_the_settings_with_their_secrets(user: Path) -> None:
    flags = {
        "judge.api_key": "geheim",
        "index.dir": user / "ü index",
        "corpus.exclude": ("*.min.js", "a,b"),
        "parsing.jobs": 3,
    }
    order = JobOrder(AUDIT, load_settings(flags).settings)
    line = order.line()
    assert line.count(b"\n") == 1
    assert JobOrder.parse(line) == order
    assert JobOrder.parse(line).settings.judge.api_key.get_secret_value() == "geheim"
    assert "geheim" not in repr(order)


@given(st.builds(JobProgress, st.text(), st.text(), st.integers(0), st.none() | st.integers(0)))
def test_progress_survives_the_pipe(progress: JobProgress) -> None:
    line = message_line(progress)
    assert line.count(b"\n") == 1
    assert parse_message(JobKind.INDEX, line) == progress


def test_figures_survive_the_pipe() -> None:
    figures = AuditFigures(1, 2, 3, 4, 5, 6, 7.5, 8, 9, ("a\nb",))
    assert parse_message(JobKind.AUDIT, message_line(figures)) == figures


def test_progress_is_told_a_few_times_a_second_and_at_every_stage() -> None:
    told: list[Message] = []
    now = 0.0
    progress = ToldProgress(told.append, lambda: now)
    progress.stage("analysing", "files", 1000)
    for _ in range(1000):
        now += messages.PAUSE / 100
        progress.advance(1)
    progress.stage("comparing", "fragments")
    assert told[0] == JobProgress("analysing", "files", 0, 1000)
    assert told[-1] == JobProgress("comparing", "fragments", 0, None)
    steps = told[1:-1]
    assert 8 <= len(steps) <= 10
    assert all(isinstance(step, JobProgress) and step.stage == "analysing" for step in steps)


@pytest.mark.parametrize(("cores", "asked", "given_"), [(8, 0, 7), (8, 2, 2), (2, 4, 1), (1, 0, 1)])
def test_job_leaves_a_core_to_those_who_search(
    cores: int, asked: int, given_: int, user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del user
    monkeypatch.setattr("codesearch.server.jobs.work.available_cores", lambda: cores)
    settings = load_settings({"parsing.jobs": asked}).settings
    assert spared(settings).parsing.jobs == given_
    assert JobOrder(INDEX, settings).settings.parsing.jobs == asked


def test_unforeseen_failure_of_a_job_repeats_nothing_of_its_order() -> None:
    order = f'{{"request": {request_text(INDEX)}, "settings": {{"judge": "very-private-key"}}}}\n'
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", MODULE],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    with child:
        assert child.stdin is not None
        assert child.stderr is not None
        child.stdin.write(order.encode())
        child.stdin.flush()  # its end would be that of the server, and of the child
        said = child.stderr.read()
    assert child.returncode == 3
    assert b"unexpected" in said
    assert b"very-private-key" not in said
