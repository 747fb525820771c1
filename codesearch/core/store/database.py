"""The handle on a store: opening, creating, and the two kinds of transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import copy
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import URL, Connection, text

from codesearch.core.errors import IndexFailure
from codesearch.core.store.engines import build_engine, for_reading, for_writing, shown_url
from codesearch.core.store.failures import explained
from codesearch.core.store.schema import create_or_migrate, require_head
from codesearch.core.store.snapshot import VISIBLE
from codesearch.core.store.writer_lease import WriterLease, hold_lease

_ONE_MIGRATION = text(
    "SELECT pg_advisory_xact_lock(7061001)"
)  # any number: two first runs at once wait in line


class Database:
    """An open store. Use it as a context manager, or call :meth:`close`."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self._engine = build_engine(url)
        self._reading = for_reading(self._engine)
        self._writing = for_writing(self._engine)
        self._lease: WriterLease | None = None

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
            if not database.on_server:
                database._use_write_ahead_log()
            with database.write() as connection:
                if database.on_server:
                    connection.execute(_ONE_MIGRATION)
                create_or_migrate(connection, database.place)
        except BaseException:
            database.close()
            raise
        return database

    def limited_to(self, corpora: frozenset[str]) -> Self:
        """The same store, of which :meth:`read` sees these corpora only; one of both is closed for both."""
        limited = copy(self)
        limited._reading = self._reading.execution_options(**{VISIBLE: corpora})
        return limited

    @property
    def visible(self) -> frozenset[str] | None:
        """Names of the corpora that :meth:`read` sees; None for all."""
        corpora: frozenset[str] | None = self._reading.get_execution_options().get(VISIBLE)
        return corpora

    @property
    def on_server(self) -> bool:
        """True where other machines may use the store too."""
        return self.url.get_backend_name() != "sqlite"

    @property
    def place(self) -> str:
        """The store as a person names it: a path, or a URL without its password."""
        return shown_url(self.url)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state throughout and is rolled back at the end."""
        with self._explained(), self._reading.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is committed at the end, rolled back on any error; one at a time in SQLite.

        Raises:
            IndexFailure: This is in a block of :meth:`writing`, and another writer has taken over since.
        """
        with self._explained(), self._writing.begin() as connection:
            if self._lease is not None:
                self._lease.fence(connection)
            yield connection

    @contextmanager
    def writing(self, index: str) -> Iterator[None]:
        """Be the only writer of an index, on whatever machine; in a file the lock of its folder sees to that.

        Args:
            index: Identity of the index.

        Raises:
            IndexFailure: Another process is writing; the message says which and for how long.
        """
        if not self.on_server:
            yield
            return
        with self._explained(), hold_lease(self._engine, index, self.place) as lease:
            self._lease = lease
            try:
                yield
            finally:
                self._lease = None

    def require_writer(self) -> None:
        """Check that this process is still the writer that :meth:`writing` made it.

        Raises:
            EnvironmentFailure: The connection was lost, and with it the right to write.
        """
        if self._lease is not None:
            with self._explained():
                self._lease.require()

    def _explained(self) -> AbstractContextManager[None]:
        return explained(self.url, self._engine.dialect.loaded_dbapi.Error)

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
        with self._explained(), self._engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None  # noqa: S101 - a connection from the pool has one
            driver.execute("PRAGMA journal_mode = WAL")
