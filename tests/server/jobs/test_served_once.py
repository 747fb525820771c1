from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from codesearch.audit.lock import auditing, running_schedules, serving, wait_for_writers
from codesearch.core.errors import IndexFailure

SERVE = """
import sys
from pathlib import Path
from codesearch.audit.lock import serving
with serving(Path(sys.argv[1]), "http://127.0.0.1:8000"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_second_server_is_told_which_one_serves_the_index_and_where(tmp_path: Path) -> None:
    words = [sys.executable, "-c", SERVE, str(tmp_path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        where = rf"{tmp_path} is served by process {first.pid} on .* at http://127.0.0.1:8000 since 2"
        with pytest.raises(IndexFailure, match=where), serving(tmp_path, "http://127.0.0.1:8001"):
            pass
        first.kill()
        first.wait()
        with serving(tmp_path, "http://127.0.0.1:8001"):
            pass


def test_server_shuts_out_neither_audits_nor_schedules(tmp_path: Path) -> None:
    with serving(tmp_path, "http://[::1]:1"), running_schedules(tmp_path), auditing(tmp_path):
        pass


def test_nobody_is_waited_for_where_nobody_writes(tmp_path: Path) -> None:
    told: list[str] = []
    wait_for_writers(tmp_path, told.append, auditors=True)
    assert told == []
