"""The user's own store of precedents: one small SQLite file beside the settings, apart from every index.

What a corpus holds never gets into it, so that no repository can hide its own findings.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Double, MetaData, Row, Select, String, Table, Text, insert, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from codesearch.core.errors import EnvironmentFailure, UsageError
from codesearch.core.feedback import ContentPair, Precedent, Side
from codesearch.core.results import Verdict
from codesearch.core.store.engines import WRITES, build_engine, sqlite_url

FILE_NAME = "feedback.db"
SCHEMA = 1
"""Version of the table below, kept as SQLite's ``user_version``; 0 is a file in which nothing is yet."""

_metadata = MetaData()
_table = Table(
    "precedents",
    _metadata,
    Column("first_content", String(32), primary_key=True),
    Column("first_language", String(40), primary_key=True),
    Column("second_content", String(32), primary_key=True),
    Column("second_language", String(40), primary_key=True),
    Column("first_code", Text, nullable=False),
    Column("second_code", Text, nullable=False),
    Column("verdict", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Double, nullable=False),
)
_KEY = tuple(_table.primary_key.columns)


@dataclass(frozen=True, slots=True)
class Kept:
    """How many precedents were about new pairs, how many replaced one, and how many changed nothing."""

    new: int
    replaced: int
    unchanged: int


class FeedbackStore:
    """The precedents of one user.

    Every method opens and closes the file, and raises :class:`EnvironmentFailure` where it cannot be used or
    was written by a newer version.

    Args:
        path: The file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def precedents(self) -> tuple[Precedent, ...]:
        """All of them, newest first, those of one moment by their sides."""
        with self._explained():
            found = [_precedent(row) for row in self._rows(select(_table))]
        return tuple(sorted(found, key=lambda precedent: (-precedent.at, precedent.sides)))

    def rejected(self) -> frozenset[ContentPair]:
        """The pairs that are no clones."""
        statement = select(*_KEY).where(_table.c.verdict == Verdict.NOT_CLONE)
        with self._explained():
            return frozenset(map(_pair, self._rows(statement)))

    def keep(self, precedents: Iterable[Precedent], *, newest_wins: bool = False) -> Kept:
        """Add precedents, all or none; the file is made when absent, for the user alone.

        Args:
            precedents: A later one replaces an earlier one about the same pair.
            newest_wins: Leave out those that are not newer than what is known about their pair, so that
                stores may be merged in any order; otherwise what is known is replaced.
        """
        with self._explained():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            with self._transaction(writes=True) as connection:
                if not _schema(connection):
                    _metadata.create_all(connection)
                    connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA}")
                return _keep(connection, precedents, newest_wins=newest_wins)

    def _rows(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        if not self.path.exists():
            return ()
        with self._transaction(writes=False) as connection:
            return connection.execute(statement).all() if _schema(connection) else ()

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        engine = build_engine(sqlite_url(self.path)).execution_options(**{WRITES: writes})
        try:
            with engine.begin() as connection:
                found = _schema(connection)
                if found > SCHEMA:
                    raise EnvironmentFailure(
                        f"the feedback in {self.path} has schema {found} of a newer codesearch, "
                        f"this one knows {SCHEMA}",
                        "upgrade codesearch-clones",
                    )
                yield connection
        finally:
            engine.dispose()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (OSError, SQLAlchemyError, sqlite3.Error, ValueError, UsageError) as error:
            # The last two are rows with values that this table never gets from us.
            cause = error.orig if isinstance(error, DBAPIError) else error
            reason = getattr(cause, "strerror", None) or " ".join(str(cause).split())
            full = getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
            raise EnvironmentFailure(
                f"cannot use the feedback in {self.path} ({reason})",
                "free some space and try again"
                if full
                else "check the file and its disk, or move it away to begin anew",
            ) from error


def _schema(connection: Connection) -> int:
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def _keep(connection: Connection, precedents: Iterable[Precedent], *, newest_wins: bool) -> Kept:
    statement: Select[Any] = select(*_KEY, _table.c.at)
    known: dict[ContentPair, float] = {_pair(row): row.at for row in connection.execute(statement)}
    chosen: dict[ContentPair, Precedent] = {}
    new = replaced = unchanged = 0
    for precedent in precedents:
        before = known.get(precedent.pair)
        if before is not None and newest_wins and precedent.at <= before:
            unchanged += 1
            continue
        new += before is None
        replaced += before is not None
        known[precedent.pair] = precedent.at
        chosen[precedent.pair] = precedent
    if chosen:
        connection.execute(
            insert(_table).prefix_with("OR REPLACE"), [_values(item) for item in chosen.values()]
        )
    return Kept(new, replaced, unchanged)


def _values(precedent: Precedent) -> dict[str, object]:
    first, second = precedent.sides
    return {
        "first_content": first.content,
        "first_language": first.language,
        "second_content": second.content,
        "second_language": second.language,
        "first_code": first.code,
        "second_code": second.code,
        "verdict": str(precedent.verdict),
        "reason": precedent.reason,
        "by": precedent.by,
        "at": precedent.at,
    }


def _pair(row: Row[Any]) -> ContentPair:
    return frozenset(((row.first_content, row.first_language), (row.second_content, row.second_language)))


def _precedent(row: Row[Any]) -> Precedent:
    return Precedent.between(
        Side(row.first_content, row.first_language, row.first_code),
        Side(row.second_content, row.second_language, row.second_code),
        Verdict(row.verdict),
        reason=row.reason,
        by=row.by,
        at=row.at,
    )
