"""Database errors as the one line a user can act on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from codesearch.core.errors import EnvironmentFailure, IndexFailure


@contextmanager
def explained(url: URL) -> Iterator[None]:
    """Run a block; a database error in it becomes an :class:`EnvironmentFailure` that names the store.

    Raises:
        IndexFailure: The store is locked, damaged or not a database.
        EnvironmentFailure: The disk is full, the folder read-only or the server away.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise _explanation(error, url) from error


_Failure = type[EnvironmentFailure]
_KNOWN: dict[int, tuple[_Failure, str, str]] = {
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


def _explanation(error: SQLAlchemyError | sqlite3.Error, url: URL) -> EnvironmentFailure:
    where = url.database if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    # The low byte of an extended code is the primary one.
    known = _KNOWN.get(code & 0xFF) if isinstance(code, int) else None
    if known is None:
        return EnvironmentFailure(f"the store {where} failed", " ".join(str(cause).split()))
    failure, state, hint = known
    return failure(f"the index database {where} {state}", hint)
