"""An index folder beside its store, which may be a server's: two halves that may have been parted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from codesearch.core.store.belonging import (
    claim,
    note_published,
    require_kept,
    require_latest,
    require_owner,
)
from codesearch.core.store.database import Database
from indexer.folder import IndexFolder


@contextmanager
def writing(folder: IndexFolder, database: Database) -> Iterator[None]:
    """Be the only writer of both; a store on a server belongs to this index from now on.

    Raises:
        IndexFailure: Another process is writing, on this machine or another one; or the store is that of
            another index, or further than the folder.
        EnvironmentFailure: The disk became full in the block, or the server went away.
    """
    with folder.writing(), database.writing(folder.identity):
        if not database.on_server:
            yield
            return
        with database.write() as connection:
            claim(connection, folder.identity, str(folder.path), database.place)
            require_latest(connection, _snapshot(folder), database.place)
        yield
        with database.write() as connection:
            note_published(connection, _snapshot(folder))


def require_own(folder: IndexFolder, database: Database) -> None:
    """Check that a store is not that of another index.

    Raises:
        IndexFailure: It is; the message says whose.
    """
    if database.on_server:
        with database.read() as connection:
            require_owner(connection, folder.identity, database.place)


def require_fitting(folder: IndexFolder, database: Database) -> None:
    """Check, for a reader, that both halves belong together.

    Raises:
        IndexFailure: The store is that of another index, or no longer has what the folder's snapshot sees.
    """
    if not database.on_server:
        return
    require_own(folder, database)
    snapshot = _snapshot(folder)
    with database.read() as connection:
        if snapshot:
            require_kept(connection, snapshot, database.place)


def _snapshot(folder: IndexFolder) -> int:
    """Number of the folder's snapshot; 0 where there is no index yet."""
    return folder.manifest().snapshot if folder.exists() else 0
