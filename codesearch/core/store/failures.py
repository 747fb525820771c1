"""Database errors as the one line a user can act on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from codesearch.core.errors import EnvironmentFailure, IndexFailure
from codesearch.core.store.engines import shown_url


@contextmanager
def explained(url: URL, driver_error: type[Exception] = sqlite3.Error) -> Iterator[None]:
    """Run a block; a database error in it becomes an :class:`EnvironmentFailure` that names the store.

    Args:
        url: The store.
        driver_error: What its driver raises where it is used without SQLAlchemy.

    Raises:
        IndexFailure: The store is locked, damaged or not a database.
        EnvironmentFailure: The disk is full, the folder read-only or the server away.
    """
    try:
        yield
    except (SQLAlchemyError, driver_error) as error:
        raise _explanation(error, url) from error


_Failure = type[EnvironmentFailure]
_Explained = tuple[_Failure, str, str]
_SQLITE: dict[int, _Explained] = {
    sqlite3.SQLITE_BUSY: (IndexFailure, "is locked by another process", "wait for it to finish"),
    sqlite3.SQLITE_LOCKED: (IndexFailure, "is locked by another process", "wait for it to finish"),
    sqlite3.SQLITE_CORRUPT: (IndexFailure, "is damaged", "run `codesearch doctor --repair`"),
    sqlite3.SQLITE_NOTADB: (IndexFailure, "is not a database", "run `codesearch doctor --repair`"),
    sqlite3.SQLITE_CANTOPEN: (IndexFailure, "cannot be opened", "check that it exists and is readable"),
    sqlite3.SQLITE_FULL: (
        EnvironmentFailure,
        "has no space left on its disk",
        "free some space and run again",
    ),
    sqlite3.SQLITE_READONLY: (EnvironmentFailure, "cannot be written", "check its permissions"),
    sqlite3.SQLITE_PERM: (EnvironmentFailure, "cannot be written", "check its permissions"),
    sqlite3.SQLITE_IOERR: (EnvironmentFailure, "cannot be read or written", "check the disk"),
}
_LOST = (
    EnvironmentFailure,
    "closed the connection",
    "run again when the server is back; nothing half done was published",
)
_POSTGRESQL: dict[str, _Explained] = {
    "08": _LOST,
    "57P": _LOST,
    "28": (EnvironmentFailure, "refuses the user or the password", "check store.url"),
    "3D": (EnvironmentFailure, "does not exist on its server", "create it with `createdb`"),
    "25006": (
        EnvironmentFailure,
        "can only be read, as a standby can",
        "name the primary server in store.url",
    ),
    "42501": (
        EnvironmentFailure,
        "does not permit this to its user",
        "grant the user what docs/postgres.md lists",
    ),
    "53100": (EnvironmentFailure, "has no space left on its disk", "free some space and run again"),
    "53300": (EnvironmentFailure, "has no connection left", "raise max_connections, or run fewer processes"),
    "55P03": (IndexFailure, "is locked by another process", "wait for it to finish"),
    "40": (IndexFailure, "was changed by another process at the same moment", "run again"),
}
"""By the beginning of the SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html."""
_WITHOUT_STATE = (
    ("authentication failed", "28"),
    ("no password supplied", "28"),
    ("no pg_hba.conf entry", "28"),
    ("FATAL: role", "28"),
    ("FATAL: database", "3D"),
    ("too many clients", "53300"),
    ("connection slots", "53300"),
    ("connection is closed", "08"),
    ("closed the connection", "08"),
    ("connection is lost", "08"),
    ("connection has been closed", "08"),
)
"""What is said where the driver hands on no SQLSTATE: when a connection is refused, and after it was cut."""


def _explanation(error: Exception, url: URL) -> EnvironmentFailure:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    if url.get_backend_name() == "sqlite":
        code = getattr(cause, "sqlite_errorcode", None)
        # The low byte of an extended code is the primary one.
        known = _SQLITE.get(code & 0xFF) if isinstance(code, int) else None
        store = "the index database"
    else:
        known = _of_postgresql(cause)
        store = "the database"
    if known is None:
        return EnvironmentFailure(f"the store {shown_url(url)} failed", " ".join(str(cause).split()))
    failure, state, hint = known
    return failure(f"{store} {shown_url(url)} {state}", hint)


def _of_postgresql(cause: BaseException) -> _Explained | None:
    state: str | None = getattr(cause, "sqlstate", None)
    said = " ".join(str(cause).split())
    if state is None:
        state = next((code for words, code in _WITHOUT_STATE if words in said), None)
        if state is None and type(cause).__name__ == "OperationalError":
            return EnvironmentFailure, "cannot be reached", said
    fitting = [state[:length] for length in (5, 3, 2)] if state else []
    return next((_POSTGRESQL[code] for code in fitting if code in _POSTGRESQL), None)
