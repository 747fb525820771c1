"""Stores that another process holds: one line, exit 3, nothing lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from commandline import call, tally, unique, write_tree

from codesearch.core.store import engines

SCHEDULE = ("schedule", "add", "corpus", "--cron", "0 3 * * *")
VERDICT = ("feedback", "accept", "corpus/a.py", "corpus/b.py")


@pytest.fixture
def index(user: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    impatient = [line.replace("= 10000", "= 10") for line in engines._PRAGMAS]
    monkeypatch.setattr(engines, "_PRAGMAS", impatient)
    write_tree(user, {"corpus/a.py": tally("a"), "corpus/b.py": tally("b"), "corpus/c.py": unique(1)})
    assert call("index", "corpus").code == 0
    assert call("feedback", "reject", "corpus/a.py", "corpus/c.py").code == 0
    return user / ".codesearch"


@pytest.mark.parametrize("words", [("index", "corpus"), ("audit", "corpus"), SCHEDULE], ids=lambda it: it[0])
def test_a_store_that_is_locked_is_said_and_used_when_it_is_free(index: Path, words: tuple[str, ...]) -> None:
    with closing(sqlite3.connect(index / "index.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = call(*words)
        assert done.code == 3
        assert f"{index / 'index.db'} is locked by another process: wait for it to finish" in done.err
        assert "Traceback" not in done.err
        assert call("query", "corpus/a.py", "--json").document["results"]
    assert call(*words).code == 0


def test_feedback_that_is_locked_is_said_and_none_is_lost(index: Path, tmp_path: Path) -> None:
    [store] = tmp_path.rglob("feedback.db")
    with closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = call(*VERDICT)
        assert done.code == 3
        assert f"cannot use the feedback in {store} (database is locked)" in done.error
    assert call(*VERDICT).code == 0
    assert len(call("feedback", "list", "--json").document["precedents"]) == 2
