"""The index's store, for the commands that list and change what is kept in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from codesearch.cli.options import Invocation

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from codesearch.core.store.database import Database


@contextmanager
def store_read(invocation: Invocation) -> Iterator[Connection]:
    """A connection that reads.

    Raises:
        IndexFailure: There is no index.
    """
    with _opened(invocation) as database, database.read() as connection:
        yield connection


@contextmanager
def store_changed(invocation: Invocation) -> Iterator[Connection]:
    """A transaction, which is undone where the block raises.

    Raises:
        IndexFailure: There is no index.
    """
    with _opened(invocation) as database, database.write() as connection:
        yield connection


def _opened(invocation: Invocation) -> Database:
    from codesearch.cli.engine import open_engine

    return open_engine(invocation).open_database()
