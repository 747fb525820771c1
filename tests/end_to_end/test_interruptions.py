"""Runs that are stopped: the previous index answers as before, and the next run completes."""

from __future__ import annotations

import email
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commandline import CHECKOUT, Outcome, call, finished, unique, write_tree

ANALYSING = "indexer.segments.writer", "SegmentWriter", "add"
EMBEDDING = "indexer.segments.writer", "SegmentWriter", "write"
PUBLISHING = "indexer.folder", "IndexFolder", "publish"
STAGES = pytest.mark.parametrize("stage", [ANALYSING, EMBEDDING, PUBLISHING], ids=lambda stage: stage[2])

STALLING = """
import pathlib, time
from {0} import {1}
def stall(*_, **__):
    pathlib.Path("stalled").touch()
    time.sleep(600)
{1}.{2} = stall
from codesearch.cli.main import run
run()
"""

SURVIVED = """
import signal
from codesearch.cli import main
def survive():
    try:
        exec("signal.raise_signal(signal.SIGINT)")
    except KeyboardInterrupt:
        return 0
main.main = survive
main.run()
"""


@pytest.fixture
def project(user: Path) -> Path:
    """A small index, a query file, and a corpus that is not indexed yet."""
    write_tree(user, {"small/m.py": unique(1), "mine.py": unique(1)})
    write_tree(user / "large", {f"m{number}.py": unique(number) for number in range(2, 8)})
    assert call("index", "small").code == 0
    return user


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def start_stalling(project: Path, stage: tuple[str, str, str]) -> subprocess.Popen[str]:
    """A process that indexes the large corpus and is now held at a stage."""
    process = start("-c", STALLING.format(*stage), "index", "large")
    while not (project / "stalled").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    return process


def stopped(process: subprocess.Popen[str], how: signal.Signals) -> Outcome:
    process.send_signal(how)
    return finished(process)


def assert_small_index_answers() -> None:
    matches = call("query", "mine.py", "--json").document["results"][0]["matches"]
    assert [(match["path"], match["clone_type"]) for match in matches] == [("m.py", "T1")]


def assert_next_run_completes() -> None:
    files = call("index", "large", "--json").document["files"]
    assert files == {"seen": 7, "analysed": 7, "skipped": {}}
    assert call("doctor").code == 0


@STAGES
def test_ctrl_c_is_one_line_and_the_previous_index_answers(
    project: Path, stage: tuple[str, str, str]
) -> None:
    done = stopped(start_stalling(project, stage), signal.SIGINT)
    assert done.code == 130
    assert done.error == "interrupted; the previous index is untouched"
    assert_small_index_answers()
    assert [part["name"] for part in call("status", "--json").document["corpora"]] == ["small"]
    assert_next_run_completes()


@STAGES
def test_kill_leaves_the_previous_index_and_the_next_run_completes(
    project: Path, stage: tuple[str, str, str]
) -> None:
    assert stopped(start_stalling(project, stage), signal.SIGKILL).code == -signal.SIGKILL
    assert_small_index_answers()
    assert_next_run_completes()


def test_second_writer_is_told_who_writes(project: Path) -> None:
    first = start_stalling(project, EMBEDDING)
    second = call("index", "small")
    assert second.code == 3
    assert f"is being written by process {first.pid} on " in second.error
    assert second.error.endswith("wait for it to finish")
    assert_small_index_answers()
    stopped(first, signal.SIGINT)
    assert_next_run_completes()


def test_full_disk_is_one_line_and_the_previous_index_answers(project: Path) -> None:
    shutil.copytree(Path(email.__file__).parent, project / "package")
    # A limit on the size of files stands for the disk: that of the tokens is the first to be reached.
    limited = 'ulimit -f 180; exec "$0" -m codesearch index package'
    done = finished(
        subprocess.Popen(
            ["bash", "-c", limited, sys.executable],
            # What measures coverage would write to the full disk as well.
            env={k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}
            | {"PYTHONPATH": str(CHECKOUT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    )
    assert done.code == 3
    assert done.error == (
        f"no space left for the index {project / '.codesearch'}: "
        "free some space and run again; the previous index is untouched"
    )
    assert_small_index_answers()
    assert_next_run_completes()


def test_array_that_was_written_in_part_is_a_full_disk(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_short(*_: object, **__: object) -> None:
        raise OSError("408146 requested and 194528 written")  # as numpy says it

    with monkeypatch.context() as patch:
        patch.setattr("numpy.save", write_short)
        patch.setattr("numpy.lib.format.write_array", write_short)
        done = call("index", "large")
    assert done.code == 3
    assert done.error.startswith("no space left for the index")
    assert_small_index_answers()


def test_an_interrupt_that_ended_a_command_well_does_not_end_python_by_the_signal(user: Path) -> None:
    write_tree(user, {"survived.py": SURVIVED})
    assert finished(start("-m", "survived")).code == 0
