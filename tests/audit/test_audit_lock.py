from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from codesearch.audit.lock import auditing, running_schedules
from codesearch.core.errors import IndexFailure

HOLD = """
import sys
from pathlib import Path
from codesearch.audit.lock import {0} as lock
with lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(params=["auditing", "running_schedules"])
def holder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Another process that holds one of the locks until its standard input ends."""
    words = [sys.executable, "-c", HOLD.format(request.param), str(tmp_path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield request.param, process


def test_second_holder_is_told_who_has_it(holder: tuple[str, subprocess.Popen[str]], tmp_path: Path) -> None:
    name, process = holder
    second = auditing(tmp_path, patience=0) if name == "auditing" else running_schedules(tmp_path)
    with pytest.raises(IndexFailure, match=f"by process {process.pid} on .* since 2"), second:
        pass


def test_lock_of_a_dead_process_is_free(holder: tuple[str, subprocess.Popen[str]], tmp_path: Path) -> None:
    name, process = holder
    process.kill()
    process.wait()
    with auditing(tmp_path, patience=0) if name == "auditing" else running_schedules(tmp_path):
        pass


def test_audit_waits_for_the_one_before_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    words = [sys.executable, "-c", HOLD.format("auditing"), str(tmp_path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        with pytest.raises(IndexFailure, match="is being audited by process"), auditing(tmp_path, 0.01):
            pass
        assert process.stdin
        process.stdin.close()
        with auditing(tmp_path):
            pass
    assert "waiting" in caplog.text


def test_audits_and_schedules_do_not_shut_each_other_out(tmp_path: Path) -> None:
    with running_schedules(tmp_path), auditing(tmp_path, patience=0):
        owners = {mark.name for mark in tmp_path.glob("*.json")}
    assert owners == {"audit.json", "schedules.json"}
    assert not list(tmp_path.glob("*.json"))


def test_lock_whose_owner_left_no_mark_is_held_all_the_same(
    holder: tuple[str, subprocess.Popen[str]], tmp_path: Path
) -> None:
    name, _ = holder
    for mark in tmp_path.glob("*.json"):
        mark.write_text('{"pid": "x"}')
    second = auditing(tmp_path, patience=0) if name == "auditing" else running_schedules(tmp_path)
    with pytest.raises(IndexFailure, match="by another process"), second:
        pass
