"""Stores as earlier versions left them: the schema of any revision, with the rows of a golden index."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, insert, select

import codesearch.core.store
from codesearch.core.store.database import Database
from codesearch.core.store.engines import sqlite_url

Rows = dict[str, list[dict[str, object]]]
"""Rows of every table, by its name."""

_VERSION = "alembic_version"


def revisions() -> list[str]:
    """Revisions of the store, oldest first."""
    return sorted(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def take_back(path: Path, revision: str) -> None:
    """Turn a store into one of an earlier revision, with as much of its rows as that one could hold."""
    aside = path.with_suffix(".newest")
    path.rename(aside)
    kept = read_rows(aside)
    aside.unlink()
    with Database(sqlite_url(path)) as database, database.write() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        _fill(connection, kept)


def read_rows(path: Path) -> Rows:
    """Everything that a store holds."""
    with Database(sqlite_url(path)) as database, database.read() as connection:
        tables = _tables(connection)
        return {
            name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for name, table in tables.tables.items()
            if name != _VERSION
        }


def write_revision(path: Path, revision: str) -> None:
    """Let a store say that it is of a revision."""
    store = sqlite3.connect(path)
    with store:
        store.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    store.close()


def _fill(connection: Connection, rows: Rows) -> None:
    for table in _tables(connection).sorted_tables:
        if table.name != _VERSION and (found := rows.get(table.name)):
            names = set(table.columns.keys())
            connection.execute(
                insert(table), [{key: row[key] for key in row.keys() & names} for row in found]
            )


def _tables(connection: Connection) -> MetaData:
    tables = MetaData()
    tables.reflect(connection)
    return tables


def _config() -> Config:
    config = Config()
    folder = Path(codesearch.core.store.__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return config
