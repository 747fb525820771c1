"""Which index a store belongs to, and whether it still has what a manifest needs.

Manifest and store lie in one folder where the store is SQLite. A server's store is named by a setting, which
may name that of another index, and the folder may be a copy that others have left behind: both are refused
before anything is read or written.
"""

from __future__ import annotations

import json
import socket

from sqlalchemy import Connection, func, select

from codesearch.core.errors import IndexFailure
from codesearch.core.store.corpora import read_meta, write_meta
from codesearch.core.store.models import Run

_OWNER = "index"
_PUBLISHED = "published"
_OLDEST = "oldest"


def claim(connection: Connection, index: str, folder: str, place: str) -> None:
    """Let a store belong to an index from now on.

    Args:
        connection: To the store.
        index: Identity of the index.
        folder: Where the index is, for people.
        place: The store, for people.

    Raises:
        IndexFailure: It belongs to another one.
    """
    if _owner(connection) is None:
        owner = {"id": index, "folder": folder, "host": socket.gethostname()}
        write_meta(connection, _OWNER, json.dumps(owner))
    require_owner(connection, index, place)


def require_owner(connection: Connection, index: str, place: str) -> None:
    """Check that a store belongs to an index.

    Raises:
        IndexFailure: It belongs to another one; the message says which.
    """
    owner = _owner(connection)
    if owner is not None and owner["id"] != index:
        raise IndexFailure(
            f"{place} holds another index, that of {owner['folder']} on {owner['host']}",
            "give every index a database of its own in store.url",
        )


def _owner(connection: Connection) -> dict[str, str] | None:
    text = read_meta(connection, _OWNER)
    return None if text is None else json.loads(text)


def note_published(connection: Connection, snapshot: int) -> None:
    """Remember that a manifest with this snapshot is current."""
    write_meta(connection, _PUBLISHED, str(snapshot))


def note_oldest(connection: Connection, snapshot: int) -> None:
    """Remember that what only earlier snapshots saw is dropped."""
    write_meta(connection, _OLDEST, str(snapshot))


def require_latest(connection: Connection, snapshot: int, place: str) -> None:
    """Check, for a writer, that nobody has published more than its folder knows.

    Raises:
        IndexFailure: The folder is an old copy.
    """
    published = int(read_meta(connection, _PUBLISHED) or 0)
    if published > snapshot:
        raise IndexFailure(
            f"the index folder is at snapshot {snapshot}, {place} at {published}",
            "copy the folder of the last run here, or restore both from one backup",
        )


def require_kept(connection: Connection, snapshot: int, place: str) -> None:
    """Check, for a reader, that the store still has all that a snapshot sees.

    Raises:
        IndexFailure: The folder is a copy from before the last run but one, or newer than the store.
    """
    oldest = int(read_meta(connection, _OLDEST) or 0)
    newest = connection.execute(select(func.max(Run.id))).scalar() or 0
    if not oldest <= snapshot <= newest:
        raise IndexFailure(
            f"the index folder is at snapshot {snapshot}, {place} has {oldest} to {newest}",
            "copy the folder of the last run here, or restore both from one backup",
        )
