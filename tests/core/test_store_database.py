from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from postgres_server import PostgresServer
from sqlalchemy import URL, inspect, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

import codesearch.core.store
from codesearch.core.errors import CodesearchError, ConfigError, EnvironmentFailure, IndexFailure
from codesearch.core.store.corpora import write_meta
from codesearch.core.store.database import Database
from codesearch.core.store.engines import parse_url, sqlite_url
from codesearch.core.store.models import Base, Meta
from codesearch.core.store.schema import HEAD, run_migrations

MIGRATIONS = Path(codesearch.core.store.__file__).parent / "migrations"


def schema_of(url: URL) -> dict[str, list[object]]:
    """What every table consists of, in any order: a migration adds columns at the end of one."""
    with Database(url) as database, database.read() as connection:
        found = inspect(connection)
        return {
            table: [
                sorted((column["name"], str(column["type"]), column["nullable"], column["default"] or "")
                       for column in found.get_columns(table)),
                found.get_pk_constraint(table),
                sorted(map(str, found.get_unique_constraints(table))),
                sorted(map(str, found.get_foreign_keys(table))),
                sorted(map(str, found.get_indexes(table))),
            ]
            for table in found.get_table_names()
        }  # fmt: skip


def test_migrations_give_the_schema_that_a_fresh_index_has(tmp_path: Path) -> None:
    assert_migrated(sqlite_url(tmp_path / "migrated.db"), sqlite_url(tmp_path / "fresh.db"))


def test_migrations_give_the_schema_that_a_fresh_database_has(
    postgres: PostgresServer, postgres_url: URL
) -> None:
    with postgres.database() as fresh:
        assert_migrated(postgres_url, fresh)


def assert_migrated(migrated: URL, fresh: URL) -> None:
    Database.create(fresh).close()
    with Database(migrated) as database, database.write() as connection:
        run_migrations(connection)
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    assert schema_of(migrated) == schema_of(fresh)
    Database.open(migrated).close()


def test_newest_migration_is_the_one_the_code_expects() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_tables_are_valid_for_postgresql() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    for table in Base.metadata.sorted_tables:
        assert f"CREATE TABLE {table.name}" in str(CreateTable(table).compile(dialect=dialect))


def test_opening_an_index_does_not_import_alembic(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from codesearch.core.store.database import Database;"
        "from codesearch.core.store.engines import sqlite_url; url = sqlite_url(Path(sys.argv[1]));"
        "Database.create(url).close(); Database.open(url).close(); assert 'alembic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "index.db")], check=True)


def test_reader_sees_one_state_while_a_writer_commits(store_url: URL) -> None:
    with Database.create(store_url) as database:
        count = select(Meta.value)
        with database.read() as reader:
            assert reader.execute(count).all() == []
            with database.write() as writer:
                write_meta(writer, "k", "v")
            assert reader.execute(count).all() == []
        with database.read() as reader:
            assert reader.execute(count).scalar_one() == "v"


def test_failed_transaction_leaves_nothing(store_url: URL) -> None:
    with Database.create(store_url) as database:
        with pytest.raises(ZeroDivisionError), database.write() as connection:
            write_meta(connection, "k", "v")
            raise ZeroDivisionError
        with database.read() as connection:
            assert connection.execute(select(Meta)).all() == []


def test_creating_again_keeps_what_is_there(store_url: URL) -> None:
    with Database.create(store_url) as database, database.write() as connection:
        write_meta(connection, "k", "v")
    with Database.create(store_url) as database, database.read() as connection:
        assert connection.execute(select(Meta.value)).scalar_one() == "v"


def failure_of_open(store: Path | URL) -> CodesearchError:
    url = store if isinstance(store, URL) else sqlite_url(store)
    with pytest.raises(CodesearchError) as caught:
        Database.open(url)
    assert "\n" not in str(caught.value)
    assert str(url.database) in str(caught.value)
    return caught.value


def test_missing_index_says_how_to_make_one(tmp_path: Path) -> None:
    assert "codesearch index" in str(failure_of_open(tmp_path / "none.db"))
    assert not (tmp_path / "none.db").exists()


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "index.db").write_bytes(b"no database at all" * 100)
    assert "doctor --repair" in str(failure_of_open(tmp_path / "index.db"))


def test_foreign_database_is_refused(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "index.db").execute("CREATE TABLE t (x)").connection.close()
    assert "no codesearch index" in str(failure_of_open(tmp_path / "index.db"))


@pytest.mark.parametrize(("revision", "hint"), [("9999", "upgrade"), ("0000", "codesearch index")])
def test_index_of_another_version_says_what_to_do(store_url: URL, revision: str, hint: str) -> None:
    with Database.create(store_url) as database, database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :new"), {"new": revision})
    failure = failure_of_open(store_url)
    assert isinstance(failure, IndexFailure)
    assert hint in str(failure)


def test_damaged_index_points_to_repair(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    with Database.create(sqlite_url(path)) as database, database.write() as connection:
        write_meta(connection, "k", "v" * 20000)
    content = bytearray(path.read_bytes())
    content[100:] = b"\xff" * (len(content) - 100)
    path.write_bytes(content)
    assert "doctor --repair" in str(failure_of_open(path))


def test_locked_index_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    with Database.create(sqlite_url(path)) as database:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(IndexFailure, match="locked by another process"), database.read() as connection:
            connection.execute(text("PRAGMA busy_timeout = 1"))
            connection.execute(text("CREATE TABLE t (x)"))
        other.close()


def test_view_of_a_foreign_store_cannot_call_what_has_effects(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    with Database.create(sqlite_url(path)):
        pass
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("DROP TABLE meta")
    other.execute("CREATE VIEW meta AS SELECT harm() AS key, '1' AS value")
    other.close()
    called: list[str] = []
    with (
        pytest.raises(CodesearchError, match="unsafe use of harm"),
        Database.open(sqlite_url(path)) as database,
        database.read() as connection,
    ):
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.create_function("harm", 0, lambda: called.append("harm"))
        connection.execute(select(Meta.key)).all()
    assert not called


def test_full_disk_is_an_environment_failure(tmp_path: Path) -> None:
    with (
        Database.create(sqlite_url(tmp_path / "index.db")) as database,
        pytest.raises(EnvironmentFailure, match="no space left"),
        database.write() as connection,
    ):
        connection.execute(text("PRAGMA max_page_count = 1"))
        write_meta(connection, "k", "v" * 1_000_000)


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://u:sesame@host/db",
        "://sesame",
        "postgresql://u:p@sesame@host/db",
        "postgresql://u:p@host:sesame/db",
    ],
)
def test_unusable_store_url_is_a_setting_to_correct(url: str) -> None:
    with pytest.raises(ConfigError, match=r"store\.url") as caught:
        parse_url(url)
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2", "postgresql+psycopg"])
def test_urls_as_hosts_of_databases_write_them_get_the_driver(scheme: str) -> None:
    assert parse_url(f"{scheme}://u@host/db").drivername == "postgresql+psycopg"


def test_index_in_a_folder_without_write_permission_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = sqlite_url(tmp_path / "odd name #1.db")
    with Database.create(url) as database, database.write() as connection:
        write_meta(connection, "k", "v")
    monkeypatch.setattr("codesearch.core.store.engines.os.access", lambda path, mode: False)
    with Database.open(url) as database, database.read() as connection:
        assert connection.execute(select(Meta.value)).scalar_one() == "v"
    with (
        Database.create(url) as database,
        pytest.raises(EnvironmentFailure, match="cannot be written"),
        database.write() as connection,
    ):
        write_meta(connection, "k", "other")
