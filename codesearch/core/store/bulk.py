"""Bulk statements: many rows in one go, long lists in pieces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from sqlalchemy import Connection, insert

from codesearch.core.store.models import Base

T = TypeVar("T")

IN_LIST = 500
"""Values per ``IN`` list; SQLite takes 32,766 parameters, but longer lists were no faster."""


def insert_rows(connection: Connection, table: type[Base], rows: Sequence[dict[str, object]]) -> None:
    """Insert rows that all have the same columns; values have the types the driver takes.

    The statement is compiled once and the rows go to the driver as they are: 60,000 fragments take 0.6 s, and
    1.4 s when SQLAlchemy prepares each row.
    """
    if not rows:
        return
    columns = list(rows[0])
    statement = insert(table).compile(dialect=connection.dialect, column_keys=columns)
    if statement.positiontup is None:
        connection.exec_driver_sql(str(statement), list(rows))
    else:
        order = statement.positiontup
        connection.exec_driver_sql(str(statement), [tuple(row[name] for name in order) for row in rows])


def batches(items: Sequence[T], size: int = IN_LIST) -> Iterator[Sequence[T]]:
    """Consecutive slices of at most ``size`` items."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
