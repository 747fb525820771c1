"""What a rebuilt index takes over from the old one: all that cannot be computed from its corpora again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from codesearch.core.store.globs import keep_globs, read_globs
from codesearch.core.store.models import AccessToken, Audit, AuditClass, Base, Job, JudgedPair, ScheduledAudit

_KEPT: Mapping[type[Base], str] = {
    Audit: "audits",
    AuditClass: "classes of the last audits",
    ScheduledAudit: "schedules",
    Job: "jobs",
    JudgedPair: "answers of models",
    AccessToken: "tokens",
}
_GLOBS = "include and exclude of corpora"
EVERYTHING = (*_KEPT.values(), _GLOBS)
"""What people call it."""


def carry_over(old: Connection, new: Connection) -> tuple[str, ...]:
    """Copy audits, schedules and jobs with their numbers, what models answered, tokens, and which files of
    corpora shall be read, into a store without any.

    Returns:
        What could not be read to its end, or holds rows that do not fit; the others are copied.

    Raises:
        SQLAlchemyError: The new store cannot be written.
    """
    lost = []
    for table, called in _KEPT.items():
        rows, whole = _readable(table, old)
        fits = [_fits(table, row, new) for row in rows]
        if not whole or not all(fits):
            lost.append(called)
    try:
        named = read_globs(old)
    except SQLAlchemyError:
        lost.append(_GLOBS)
    else:
        keep_globs(new, 0, named)
    return tuple(lost)


def _readable(table: type[Base], connection: Connection) -> tuple[list[dict[str, Any]], bool]:
    """The rows of a table up to a damaged page, and whether these are all; other tables may be whole."""
    rows: list[dict[str, Any]] = []
    try:
        rows.extend(dict(row) for row in connection.execute(select(*table.__table__.columns)).mappings())
    except (SQLAlchemyError, ValueError):  # or text that is no JSON
        return rows, False
    return rows, True


def _fits(table: type[Base], row: Mapping[str, Any], connection: Connection) -> bool:
    try:
        with connection.begin_nested():
            connection.execute(insert(table), dict(row))
    except (IntegrityError, DataError):
        return False
    return True
