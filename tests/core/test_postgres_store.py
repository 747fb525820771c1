"""What only a server can do to a store: be away, refuse, cut connections, serve several writers."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
from postgres_server import LOCKED_OUT, PASSWORD, PostgresServer
from sqlalchemy import URL, select, text

from codesearch.core.errors import CodesearchError, EnvironmentFailure, IndexFailure, MissingExtra
from codesearch.core.store.corpora import read_meta, write_meta
from codesearch.core.store.database import Database
from codesearch.core.store.engines import parse_url, shown_url
from codesearch.core.store.models import Meta


@pytest.fixture
def database(postgres_url: URL) -> Iterator[Database]:
    with Database.create(postgres_url) as database:
        yield database


def refusal(url: URL) -> str:
    """The one line of opening a store that cannot be."""
    with pytest.raises(EnvironmentFailure) as caught:
        Database.open(url)
    assert caught.value.exit_code == 3
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_server_that_is_not_there_is_named() -> None:
    pytest.importorskip("psycopg")
    assert "postgresql://me@127.0.0.1:1/db cannot be reached" in refusal(
        parse_url("postgresql://me:sesame@127.0.0.1:1/db")
    )
    assert "cannot be reached" in refusal(parse_url("postgresql://me@/db?host=/nowhere"))


@pytest.mark.parametrize("password", ["wrong-sesame", None])
def test_a_wrong_password_is_said_and_not_shown(postgres: PostgresServer, password: str | None) -> None:
    said = refusal(postgres.url("postgres", LOCKED_OUT, password))
    assert "refuses the user or the password: check store.url" in said
    assert "sesame" not in said


def test_a_right_password_opens_the_store(postgres: PostgresServer, database: Database) -> None:
    assert database.url.database is not None
    postgres.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {LOCKED_OUT}", database.url.database)
    url = postgres.url(database.url.database, LOCKED_OUT, PASSWORD)
    with Database.open(url) as opened:
        assert PASSWORD not in opened.place
        with (
            pytest.raises(EnvironmentFailure, match="does not permit this to its user"),
            opened.write() as connection,
        ):
            write_meta(connection, "k", "v")


def test_a_password_among_the_options_is_not_shown() -> None:
    url = parse_url("postgresql://me@host/db?password=sesame&options=-csearch_path%3Dsesame")
    assert shown_url(url) == "postgresql://me@host/db"


def test_a_database_that_does_not_exist_says_how_to_make_it(postgres: PostgresServer) -> None:
    assert "does not exist on its server: create it with `createdb`" in refusal(postgres.url("none"))


def test_an_empty_database_says_how_to_fill_it(postgres_url: URL) -> None:
    assert "holds no codesearch index: run `codesearch index` first" in refusal(postgres_url)


def test_an_option_that_no_server_knows_is_one_line(postgres_url: URL) -> None:
    assert "bogus" in refusal(postgres_url.update_query_dict({"bogus": "1"}))


def test_without_the_extra_its_name_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtra, match=r"codesearch-clones\[postgres\]"):
        Database.open(parse_url("postgresql://me@host/db"))


def test_a_connection_that_was_idle_is_made_anew(postgres: PostgresServer, database: Database) -> None:
    with database.write() as connection:
        write_meta(connection, "k", "v")
    postgres.cut_connections(database.url)
    with database.read() as connection:
        assert read_meta(connection, "k") == "v"


def test_a_connection_lost_in_a_transaction_leaves_nothing(
    postgres: PostgresServer, database: Database
) -> None:
    with (
        pytest.raises(EnvironmentFailure, match="closed the connection: run again"),
        database.write() as connection,
    ):
        write_meta(connection, "k", "v")
        postgres.cut_connections(database.url)
        write_meta(connection, "other", "v")
    with database.read() as connection:
        assert read_meta(connection, "k") is None


def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(CodesearchError), database.read() as connection:
        write_meta(connection, "k", "v")


def test_two_processes_may_change_the_same_row(database: Database) -> None:
    with database.write() as connection:
        write_meta(connection, "k", "0")
    with Database.open(database.url) as other, database.write() as first:
        assert read_meta(first, "k") == "0"
        with other.write() as second:
            write_meta(second, "k", "1")
        write_meta(first, "k", f"{read_meta(first, 'k')}2")
    with database.read() as connection:
        assert read_meta(connection, "k") == "12"


def test_a_second_writer_is_told_who_writes_since_when(database: Database) -> None:
    with Database.open(database.url) as other:
        with (
            database.writing("index"),
            pytest.raises(
                IndexFailure, match=rf"is being written by process {os.getpid()} on \S+ since 0 min"
            ),
            other.writing("index"),
        ):
            pass
        with other.writing("index"), other.write() as connection:
            write_meta(connection, "k", "v")


def test_a_writer_without_a_readable_mark_is_still_a_writer(database: Database) -> None:
    with Database.open(database.url) as other, database.writing("index"):
        with other.write() as connection:
            write_meta(connection, "writer", "{")
        with pytest.raises(IndexFailure, match="is being written by another process"), other.writing("index"):
            pass


def test_readers_need_no_lock(database: Database) -> None:
    with Database.open(database.url) as other, database.writing("index"), other.read() as connection:
        assert connection.execute(select(Meta.key)).scalars().all() == ["writer"]


def test_the_lock_of_a_writer_that_died_is_free(postgres: PostgresServer, database: Database) -> None:
    with Database.open(database.url) as other, database.writing("index"):
        postgres.cut_connections(database.url)
        with other.writing("index"):
            pass


def test_a_writer_that_lost_its_lock_changes_nothing_more(
    postgres: PostgresServer, database: Database
) -> None:
    with Database.open(database.url) as other, database.writing("index"):
        postgres.cut_connections(database.url)
        with other.writing("index"):
            with pytest.raises(EnvironmentFailure, match="closed the connection"):
                database.require_writer()
            with (
                pytest.raises(IndexFailure, match="another process writes there now"),
                database.write() as connection,
            ):
                write_meta(connection, "k", "v")
    with database.read() as connection:
        assert read_meta(connection, "k") is None


def test_indexes_share_a_database_by_schemas(postgres: PostgresServer, postgres_url: URL) -> None:
    urls = [postgres_url.update_query_dict({"options": f"-csearch_path={name}"}) for name in ("one", "two")]
    for url, value in zip(urls, "12", strict=True):
        postgres.execute(f"CREATE SCHEMA {'one' if value == '1' else 'two'}", str(postgres_url.database))
        with Database.create(url) as database, database.write() as connection:
            write_meta(connection, "k", value)
    for url, value in zip(urls, "12", strict=True):
        with Database.open(url) as database, database.read() as connection:
            assert connection.execute(text("SELECT value FROM meta WHERE key = 'k'")).scalar_one() == value
