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
    "PRAGMA trusted_schema = OFF",  # of a store from elsewhere, views and triggers call nothing with effects
    "PRAGMA synchronous = FULL",  # the manifest names only what a power cut cannot take back
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -32768",  # KiB
)

_POSTGRESQL_OPTIONS = {
    "application_name": "codesearch",
    "connect_timeout": 10,  # seconds; without it an address that swallows packets takes two minutes
    "keepalives_idle": 60,  # seconds; a writer's lock rests on a connection that is silent for long
    "client_encoding": "utf8",
}
"""Parameters of libpq that hold where the URL does not set them."""


def sqlite_url(path: Path) -> URL:
    """The URL of a SQLite store at ``path``."""
    return URL.create("sqlite+pysqlite", database=str(path))


def parse_url(text: str) -> URL:
    """A store's URL as the user wrote it; one of PostgreSQL names the driver that is used, psycopg 3.

    Raises:
        ConfigError: It is none, or of a database other than SQLite and PostgreSQL.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        # The text may hold a password, so it is not repeated.
        raise ConfigError(
            "store.url is not a database URL", "write postgresql+psycopg://user@host/name"
        ) from None
    if "@" in (url.host or ""):  # the rest of a password, which would be shown
        raise ConfigError("store.url has more than one @", "write %40 for each in the password")
    kind = url.get_backend_name()
    if kind in {"postgresql", "postgres"}:  # the latter is how hosts of databases write it
        return url.set(drivername="postgresql+psycopg")
    if kind != "sqlite":
        raise ConfigError(f"store.url names a {kind!r} database", "use sqlite or postgresql")
    return url


def shown_url(url: URL) -> str:
    """A store as a person names it: a path, or a URL without password, and without options, which may hold
    one too.
    """
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    host = url.host or url.query.get("host") or ""
    return URL.create(
        "postgresql", url.username, None, host if isinstance(host, str) else host[0], url.port, url.database
    ).render_as_string(hide_password=True)


def build_engine(url: URL) -> Engine:
    """An engine for ``url``; nothing is opened yet.

    Raises:
        MissingExtra: The database's driver is not installed.
    """
    try:
        if url.get_backend_name() != "sqlite":
            return _build_postgresql_engine(url)
        return _build_sqlite_engine(url)
    except ModuleNotFoundError as error:
        raise MissingExtra("a PostgreSQL store", "postgres") from error


def for_reading(engine: Engine) -> Engine:
    """The same engine, whose transactions see one state throughout."""
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def for_writing(engine: Engine) -> Engine:
    """The same engine, whose transactions write.

    On a server every statement sees what others have committed: transactions of one frozen state would fail
    where two processes change a row, such as a token's last use.
    """
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{WRITES: True})
    return engine.execution_options(isolation_level="READ COMMITTED")


def _build_postgresql_engine(url: URL) -> Engine:
    asked = {name: value for name, value in _POSTGRESQL_OPTIONS.items() if name not in url.query}
    return create_engine(url, pool_pre_ping=True, connect_args=asked)


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
