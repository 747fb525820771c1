"""SQLAlchemy engines for the databases that a store may live in."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from codesearch.core.errors import ConfigError, MissingExtra

WRITES = "codesearch_writes"
"""Execution option of connections that write: they lock when they begin, not at their first statement."""

_PRAGMAS = (
    "PRAGMA busy_timeout = 10000",  # ms; checkpoints of another process take well under that
    "PRAGMA foreign_keys = ON",
    "PRAGMA synchronous = FULL",  # the manifest names only what a power cut cannot take back
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -32768",  # KiB
)


def sqlite_url(path: Path) -> URL:
    """The URL of a SQLite store at ``path``."""
    return URL.create("sqlite+pysqlite", database=str(path))


def parse_url(text: str) -> URL:
    """A store's URL as the user wrote it.

    Raises:
        ConfigError: It is none, or of a database other than SQLite and PostgreSQL.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        # The text may hold a password, so it is not repeated.
        raise ConfigError(
            "store.url is not a database URL", "write postgresql+psycopg://user@host/name"
        ) from None
    if url.get_backend_name() not in {"sqlite", "postgresql"}:
        raise ConfigError(
            f"store.url names a {url.get_backend_name()!r} database", "use sqlite or postgresql"
        )
    return url


def build_engine(url: URL) -> Engine:
    """An engine for ``url``; nothing is opened yet.

    Raises:
        MissingExtra: The database's driver is not installed.
    """
    try:
        if url.get_backend_name() != "sqlite":
            return create_engine(url, pool_pre_ping=True, isolation_level="REPEATABLE READ")
        return _build_sqlite_engine(url)
    except ModuleNotFoundError as error:
        raise MissingExtra("a PostgreSQL store", "postgres") from error


def _build_sqlite_engine(url: URL) -> Engine:
    engine = create_engine(_readable(url))

    @event.listens_for(engine, "connect")
    def _configure(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        del record
        # The driver would begin transactions only before writes, and a reader's SELECTs would see different
        # states.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _readable(url: URL) -> URL:
    """The URL by which SQLite can read a database whose folder may not be written, as on a read-only mount.

    A WAL database needs its side files even to be read, unless SQLite is told that nobody changes it.
    """
    path = Path(url.database or "")
    if os.access(path.parent, os.W_OK) or not path.is_file() or path.with_name(path.name + "-wal").exists():
        return url
    return url.set(database=path.absolute().as_uri(), query={"mode": "ro", "immutable": "1", "uri": "true"})
