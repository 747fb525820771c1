"""Whether a database is sound."""

from __future__ import annotations

from sqlalchemy import Connection

from codesearch.core.errors import IndexFailure


def require_sound(connection: Connection, place: str) -> None:
    """Let SQLite look at every page; a server looks after its own.

    Raises:
        IndexFailure: A page is damaged.
    """
    if connection.dialect.name != "sqlite":
        return
    finding = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
    if finding != "ok":
        raise IndexFailure(
            f"the index database {place} is damaged: {finding}", "run 'codesearch doctor --repair'"
        )
