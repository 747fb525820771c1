"""The bounds that hostile trees are read within hold."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.hostile_trees.bounded import Bounds, run_bounded
from codesearch.core.errors import EnvironmentFailure


def python(program: str, folder: Path, bounds: Bounds) -> tuple[int, bool]:
    ended = run_bounded([sys.executable, "-I", "-c", program], folder, bounds)
    return ended.code, ended.overdue


def test_a_command_that_does_not_end_is_killed(tmp_path: Path) -> None:
    assert python("while True: pass", tmp_path, Bounds(seconds=1)) == (-9, True)


def test_exit_codes_and_signals_come_through(tmp_path: Path) -> None:
    assert python("raise SystemExit(3)", tmp_path, Bounds(seconds=300)) == (3, False)
    assert python("import os; os.abort()", tmp_path, Bounds(seconds=300)) == (-6, False)


def test_memory_beyond_the_bound_is_refused(tmp_path: Path) -> None:
    bounds = Bounds(seconds=300, memory=256 << 20)
    assert python("bytearray(1 << 30)", tmp_path, bounds) == (1, False)


def test_a_missing_command_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match="cannot run"):
        run_bounded(["no-such-command"], tmp_path, Bounds(seconds=1))
