"""Whether a database is sound, and what keeps it."""

from __future__ import annotations

from sqlalchemy import Connection, text

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


def database_version(connection: Connection) -> str:
    """What keeps a database, such as ``PostgreSQL 17.2 with pgvector 0.8.0``; empty for SQLite."""
    if connection.dialect.name == "sqlite":
        return ""
    server = connection.execute(text("SHOW server_version")).scalar_one().split()[0]
    pgvector = connection.execute(
        text("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
    ).scalar_one_or_none()
    return f"PostgreSQL {server}" + (f" with pgvector {pgvector}" if pgvector else "")
