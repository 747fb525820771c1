"""Ids of new rows, handed out by the one writer of an index: a bulk insert needs no answer per row."""

from __future__ import annotations

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import InstrumentedAttribute


def next_id(connection: Connection, column: InstrumentedAttribute[int]) -> int:
    """The lowest id above all in use; 1 for an empty table."""
    return (connection.execute(select(func.max(column))).scalar() or 0) + 1
