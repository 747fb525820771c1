"""The right to write an index whose store is on a server: one writer at a time, whatever machine it is on.

PostgreSQL gives an advisory lock to a connection and takes it back when that ends, however it does. A writer
whose connection was cut may not know: a mark in the store, which the next writer replaces, is compared in
every transaction that it commits.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b

from sqlalchemy import Connection, Engine, delete, func, select
from sqlalchemy.exc import SQLAlchemyError

from codesearch.core.errors import IndexFailure
from codesearch.core.store.corpora import read_meta, write_meta
from codesearch.core.store.models import Meta

_MARK = "writer"


@dataclass(frozen=True, slots=True)
class WriterLease:
    """A lock that is held.

    Attributes:
        connection: Holds the lock, each statement a transaction of its own.
        mark: What the store says about this writer as long as there is no other.
        place: The store, for people.
    """

    connection: Connection
    mark: str
    place: str

    def require(self) -> None:
        """Ask the server for a sign of life; without one the lock is gone.

        Raises:
            SQLAlchemyError: There is none.
        """
        self.connection.execute(select(1))

    def fence(self, writing: Connection) -> None:
        """Let nobody else begin to write before the transaction ends.

        Raises:
            IndexFailure: Somebody has begun already.
        """
        mark = select(Meta.value).where(Meta.key == _MARK).with_for_update()
        if writing.execute(mark).scalar_one_or_none() != self.mark:
            raise IndexFailure(
                f"the connection to {self.place} was lost for a while, and another process writes there now",
                "run again when it has finished; nothing half done was published",
            )


@contextmanager
def hold_lease(engine: Engine, index: str, place: str) -> Iterator[WriterLease]:
    """Take the lock of an index for as long as the block lasts.

    Raises:
        IndexFailure: Another process has it; the message says which and for how long.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        lock = int.from_bytes(blake2b(index.encode(), digest_size=8).digest(), signed=True)
        if not connection.execute(select(func.pg_try_advisory_lock(lock))).scalar_one():
            raise IndexFailure(f"{place} is being written {_holder(connection)}", "wait for it to finish")
        # A name makes every holder's mark another one, also of one process that holds it twice in a row.
        holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}
        lease = WriterLease(connection, json.dumps({**holder, "name": secrets.token_hex(8)}), place)
        write_meta(connection, _MARK, lease.mark)
        try:
            yield lease
        finally:
            with suppress(SQLAlchemyError):  # where the connection is gone, so is the lock
                connection.execute(delete(Meta).where(Meta.key == _MARK, Meta.value == lease.mark))
                connection.execute(select(func.pg_advisory_unlock(lock)))


def _holder(connection: Connection) -> str:
    """Who holds the lock, as far as its mark tells."""
    try:
        mark = json.loads(read_meta(connection, _MARK) or "")
        minutes = max(0.0, time.time() - float(mark["since"])) / 60
        return f"by process {int(mark['pid'])} on {mark['host']} since {minutes:.0f} min"
    except (ValueError, KeyError, TypeError):
        return "by another process"
