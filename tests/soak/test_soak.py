from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from benchmarks.documents import Json
from benchmarks.serving.connections import Answer
from benchmarks.soak.measure import Soak, soak
from benchmarks.soak.questions import References, questions_about
from benchmarks.soak.traffic import RATED

pytestmark = pytest.mark.enable_socket


def assert_nothing_went_wrong(figures: Json) -> None:
    assert figures["errors"] == {}
    assert figures["wrong"] == {}
    assert figures["impolite"] == 0
    assert figures["exit_code"] == 0
    assert figures["orphans"] == 0
    assert figures["interrupted_job"] == "done"
    assert figures["verdicts_found_again"] == figures["verdicts_kept"]


def test_a_loaded_server_answers_right_while_its_corpus_changes_and_stops_well(tmp_path: Path) -> None:
    figures = soak(tmp_path, Soak(files=12, questions=5, rate=30, seconds=6), seed=0)
    assert_nothing_went_wrong(figures)
    assert figures["answers"]["search, 200"] > 0
    assert figures["jobs"] >= 2


@pytest.mark.nightly
def test_three_times_the_rated_load_leaves_memory_and_handles_flat(tmp_path: Path) -> None:
    minutes = float(os.environ.get("CODESEARCH_SOAK_MINUTES", "15"))
    figures = soak(tmp_path, Soak(400, 60, 3 * RATED, 60 * minutes), seed=1)
    assert_nothing_went_wrong(figures)
    before, after = figures["vitals"]["middle"], figures["vitals"]["end"]
    assert after["anonymous"] < 1.05 * before["anonymous"]
    assert after["handles"] < before["handles"] + 5
    assert after["threads"] < before["threads"] + 2


def test_an_answer_that_no_state_of_the_corpus_gives_is_wrong() -> None:
    question, *_ = questions_about(["def f():\n    return 1\n"])
    references = References([question])
    answer = Answer(200, b"", json.dumps({"results": [], "timing_ms": {"total": 1.0}}).encode())
    assert not references.holds(question, answer)
