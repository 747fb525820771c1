"""The commands over an index whose store is a server's."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from audit_trees import python_function
from commandline import CHECKOUT, call, write_tree
from postgres_server import LOCKED_OUT, PASSWORD, PostgresServer
from sqlalchemy import URL, text

from codesearch.core.store.database import Database
from codesearch.core.store.schema import HEAD

TREE = {
    "shop/orders.py": python_function("collect", "order"),
    "shop/users.py": python_function("gather", "user"),
}


@pytest.fixture
def stored(user: Path, postgres: PostgresServer, postgres_url: URL, monkeypatch: pytest.MonkeyPatch) -> URL:
    """A user whose store is on a server that asks for a password; the URL as the setting has it."""
    database = str(postgres_url.database)
    postgres.execute(f"GRANT CREATE ON SCHEMA public TO {LOCKED_OUT}", database)
    url = postgres.url(database, LOCKED_OUT, PASSWORD)
    monkeypatch.setenv("CODESEARCH_STORE__URL", url.render_as_string(hide_password=False))
    write_tree(user / "code", TREE)
    return url


def test_commands_answer_as_over_a_file(stored: URL, user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("index", "code").code == 0
    assert not (user / ".codesearch" / "index.db").exists()
    there = call("query", "code/shop/orders.py", "--json").document
    audited = call("audit", "code", "--json").document
    monkeypatch.delenv("CODESEARCH_STORE__URL")
    monkeypatch.setenv("CODESEARCH_INDEX__DIR", str(user / "other"))
    assert call("index", "code").code == 0
    here = call("query", "code/shop/orders.py", "--json").document
    assert there["results"] == here["results"] != []
    assert audited["classes"] == call("audit", "code", "--json").document["classes"] != []


def test_no_command_shows_the_password(stored: URL) -> None:
    for words in (
        ("index", "code"),
        ("status", "--json"),
        ("doctor",),
        ("doctor", "--json"),
        ("config", "show"),
        ("config", "show", "--json"),
        ("index", "-v", "code"),
    ):
        done = call(*words)
        assert PASSWORD not in done.out + done.err
        assert "Traceback" not in done.err
    with Database(stored) as database, database.write() as connection:
        connection.execute(text("DROP TABLE files CASCADE"))
    failed = call("status")
    assert failed.code == 3
    assert PASSWORD not in failed.err


def test_doctor_names_the_server(stored: URL) -> None:
    assert call("index", "code").code == 0
    [store] = [check for check in call("doctor", "--json").document["checks"] if check["name"] == "store"]
    assert "1 corpora in postgresql://stranger@" in store["detail"]
    assert "PostgreSQL" in store["detail"]


def test_doctor_says_what_is_wrong_with_the_server(stored: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("index", "code").code == 0
    monkeypatch.setenv("CODESEARCH_STORE__URL", stored.set(password=PASSWORD[::-1]).render_as_string(False))
    done = call("doctor")
    assert done.code == 3
    assert "refuses the user or the password" in done.out


@pytest.mark.parametrize("command", [("status",), ("query", "code/shop/orders.py"), ("index", "code")])
def test_a_server_that_is_away_is_one_line(
    stored: URL, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    assert call("index", "code").code == 0
    away = stored.set(host="127.0.0.1", port=1, query={}).render_as_string(hide_password=False)
    monkeypatch.setenv("CODESEARCH_STORE__URL", away)
    done = call(*command)
    assert done.code == 3
    assert "cannot be reached" in done.error
    assert PASSWORD not in done.error


def test_a_database_that_a_newer_version_migrated_is_refused(stored: URL) -> None:
    assert call("index", "code").code == 0
    with Database(stored) as database, database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for words in (("index", "code"), ("status",)):
        done = call(*words)
        assert done.code == 3
        assert f"schema 9999 of a newer codesearch, this one knows {HEAD}: upgrade" in done.error


def test_a_killed_run_leaves_the_index_and_the_lock_free(stored: URL, user: Path) -> None:
    assert call("index", "code").code == 0
    write_tree(user / "code", {"shop/returns.py": python_function("return_all", "parcel")})
    with Database.open(stored) as database:
        identity = (user / ".codesearch" / "identity").read_text()
        with database.write() as holder:
            holder.execute(text("LOCK TABLE runs IN ACCESS EXCLUSIVE MODE"))
            running = subprocess.Popen(
                [sys.executable, "-m", "codesearch", "index", "code"],
                cwd=user,
                env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
                stderr=subprocess.DEVNULL,
            )
            while not _waits(database):
                assert running.poll() is None
                time.sleep(0.05)
            running.kill()
            running.wait()
        while not _free(database, identity):
            time.sleep(0.05)
    assert call("status", "--json").document["snapshot"] == 1
    assert call("index", "code").code == 0
    assert call("status", "--json").document["snapshot"] == 2


def test_queries_find_the_same_in_pgvector(
    vector_database: Database, user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tree(user / "code", TREE)
    answers = []
    for vectors in ("files", "pgvector"):
        monkeypatch.setenv("CODESEARCH_STORE__URL", vector_database.url.render_as_string(hide_password=False))
        monkeypatch.setenv("CODESEARCH_STORE__VECTORS", vectors)
        assert call("index", "code").code == 0
        answers.append(call("query", "code/shop/orders.py", "--json").document["results"])
    assert answers[0] == answers[1] != []


def test_pgvector_without_a_server_is_a_setting_to_correct(
    user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tree(user / "code", TREE)
    monkeypatch.setenv("CODESEARCH_STORE__VECTORS", "pgvector")
    done = call("index", "code")
    assert done.code == 2
    assert "store.vectors is pgvector, and store.url names no PostgreSQL database" in done.error


def _waits(database: Database) -> bool:
    """Whether a run has got as far as the table that is locked."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'runs'::regclass"
    with database.read() as connection:
        return bool(connection.execute(text(waiting)).scalar_one())


def _free(database: Database, identity: str) -> bool:
    from codesearch.core.errors import IndexFailure

    try:
        with database.writing(identity):
            return True
    except IndexFailure:
        return False
