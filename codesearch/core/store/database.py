"""The handle on a store: opening, creating, and the two kinds of transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import URL, Connection

from codesearch.core.errors import IndexFailure
from codesearch.core.store.engines import WRITES, build_engine
from codesearch.core.store.failures import explained
from codesearch.core.store.schema import create_or_migrate, require_head


class Database:
    """An open store. Use it as a context manager, or call :meth:`close`."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self._engine = build_engine(url)

    @classmethod
    def open(cls, url: URL) -> Self:
        """Open a store that exists.

        Raises:
            IndexFailure: There is none, it is damaged, or its schema is of another version.
            EnvironmentFailure: It cannot be reached.
        """
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
            raise IndexFailure(f"no index database {url.database}", "run `codesearch index` first")
        database = cls(url)
        try:
            with database.read() as connection:
                require_head(connection, database.place)
        except BaseException:
            database.close()
            raise
        return database

    @classmethod
    def create(cls, url: URL) -> Self:
        """Open a store for a writer: made when absent, brought to the newest schema when older.

        Raises:
            IndexFailure: It is damaged, or written by a newer version.
            EnvironmentFailure: It cannot be reached or written.
        """
        database = cls(url)
        try:
            if url.get_backend_name() == "sqlite":
                database._use_write_ahead_log()
            with database.write() as connection:
                create_or_migrate(connection, database.place)
        except BaseException:
            database.close()
            raise
        return database

    @property
    def place(self) -> str:
        """The store as a person names it: a path, or a URL without its password."""
        if self.url.get_backend_name() == "sqlite":
            return str(self.url.database)
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state throughout and is rolled back at the end."""
        with explained(self.url), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is committed at the end, rolled back on any error; one at a time in SQLite."""
        with explained(self.url), self._engine.execution_options(**{WRITES: True}).begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections; SQLite folds its log into the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _use_write_ahead_log(self) -> None:
        # Kept in the file, and not possible inside a transaction, hence once and through the driver.
        with explained(self.url), self._engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None  # noqa: S101 - a connection from the pool has one
            driver.execute("PRAGMA journal_mode = WAL")
