"""Indexes in which jobs run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from audit_trees import python_function
from commandline import CHECKOUT, call, unique, write_tree
from job_lab import Program

from codesearch.core.settings import load_settings
from codesearch.core.settings.load import user_config_file
from codesearch.engine import Engine

FILES = {
    "app/orders.py": python_function("collect", "order"),
    "app/users.py": python_function("gather", "user"),
    "app/only.py": unique(1),
    "lib/other.py": unique(2),
}


@pytest.fixture(scope="session")
def _corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("jobs")
    with pytest.MonkeyPatch.context() as patch:
        _make(folder, patch)
    return folder


@pytest.fixture
def engine(_corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An index for one test, with the corpora ``app``, which has a clone class, and ``lib``, which stay."""
    _as_user(_corpora, monkeypatch)
    index = shutil.copytree(_corpora / ".codesearch", tmp_path / ".codesearch")
    return Engine(load_settings({"index.dir": index}).settings, user_config_file().parent)


@pytest.fixture
def own_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The same with corpora that may be changed, in the current folder."""
    _make(tmp_path, monkeypatch)
    return Engine(load_settings().settings, user_config_file().parent)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Puts a program in the place of the process of a job.

    It has its order in ``order``, tells a stage with ``progress(stage)`` and ends with ``finish()``.
    """

    def replace(text: str) -> None:
        module = tmp_path / "instead" / "pretended.py"
        module.parent.mkdir(exist_ok=True)
        module.write_text(
            "import json, os, signal, sys, time\n"
            "def say(**message):\n"
            "    print(json.dumps(message), flush=True)\n"
            "def progress(stage, done=0, total=None):\n"
            "    say(progress=dict(stage=stage, unit='files', done=done, total=total))\n"
            "def finish():\n"
            "    say(figures=dict(snapshot=1, files=2, analysed=2, lines=3, fragments=4, parsed=0,\n"
            "                     embedded=0, degraded=[]))\n"
            "order = json.loads(sys.stdin.readline())\n"
            f"{text}\n"
        )
        monkeypatch.setenv("PYTHONPATH", f"{module.parent}:{CHECKOUT}")
        monkeypatch.setattr("codesearch.server.jobs.process.MODULE", "pretended")

    return replace


def _make(folder: Path, patch: pytest.MonkeyPatch) -> None:
    write_tree(folder, FILES)
    _as_user(folder, patch)
    assert call("index", "app", "lib", "--no-embed", "--jobs", "1").code == 0


def _as_user(folder: Path, patch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("CODESEARCH_")]:
        patch.delenv(name)
    patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    patch.setenv("PYTHONPATH", str(CHECKOUT))
    patch.chdir(folder)
