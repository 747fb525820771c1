from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from codesearch.audit import lock
from codesearch.core.errors import IndexFailure

HOLD = """
import sys
from pathlib import Path
from codesearch.audit.lock import {0} as lock
with lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held(name: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds one of the locks until its standard input ends."""
    words = [sys.executable, "-c", HOLD.format(name), str(folder)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process


@pytest.mark.parametrize("name", ["auditing", "running_schedules"])
def test_lock_of_a_dead_process_is_free(name: str, tmp_path: Path) -> None:
    with held(name, tmp_path) as process:
        process.kill()
        process.wait()
        with lock.auditing(tmp_path) if name == "auditing" else lock.running_schedules(tmp_path):
            pass


def test_audit_waits_for_the_one_before_and_says_whose_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []
    with held("auditing", tmp_path) as process:

        def warning(form: str, *words: object) -> None:
            said.append(form % words)
            process.communicate("")  # it ends, and only now

        monkeypatch.setattr(lock.log, "warning", warning)
        with lock.auditing(tmp_path):
            pass
    [told] = said
    assert re.search(rf"is being audited by process {process.pid} on .* since 2.*: waiting", told)


def test_second_process_that_runs_schedules_is_told_who_does(tmp_path: Path) -> None:
    with held("running_schedules", tmp_path) as process:
        owner = f"by process {process.pid} on .* since 2"
        with pytest.raises(IndexFailure, match=owner), lock.running_schedules(tmp_path):
            pass


def test_audits_and_schedules_do_not_shut_each_other_out(tmp_path: Path) -> None:
    with lock.running_schedules(tmp_path), lock.auditing(tmp_path):
        owners = {mark.name for mark in tmp_path.glob("*.json")}
    assert owners == {"audit.json", "schedules.json"}
    assert not list(tmp_path.glob("*.json"))


def test_lock_whose_owner_left_no_mark_is_held_all_the_same(tmp_path: Path) -> None:
    with held("running_schedules", tmp_path):
        (tmp_path / "schedules.json").write_text('{"pid": "x"}')
        with pytest.raises(IndexFailure, match="by another process"), lock.running_schedules(tmp_path):
            pass
