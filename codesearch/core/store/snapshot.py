"""A snapshot: what one finished run left visible, and how to narrow it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from codesearch.core.store.models import Corpus, File, Fragment
from codesearch.core.store.path_glob import glob_to_regex
from codesearch.core.types import Role

VISIBLE = "codesearch_corpora"
"""Execution option of connections that see some corpora only: a frozenset of their names."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The rows that the run ``number`` saw, read through an open connection."""

    connection: Connection
    number: int

    @property
    def sees(self) -> ColumnElement[bool]:
        """Condition on ``files``: the row is part of this snapshot, and of a corpus that is seen."""
        return seen_by(self.number, visible_corpora(self.connection))


def seen_by(number: int, corpora: frozenset[str] | None = None) -> ColumnElement[bool]:
    """Condition on ``files``: the row is part of the snapshot of this number, and of one of these corpora."""
    sees = and_(File.added_in <= number, or_(File.removed_in.is_(None), File.removed_in > number))
    if corpora is None:
        return sees
    return and_(sees, File.corpus_id.in_(select(Corpus.id).where(Corpus.name.in_(sorted(corpora)))))


def visible_corpora(connection: Connection) -> frozenset[str] | None:
    """Names of the corpora that are all there are for a connection; None where it sees every one.

    Everything that asks for files, fragments or corpora asks here, so that nobody who is given such a
    connection has to think of it.
    """
    corpora: frozenset[str] | None = connection.get_execution_options().get(VISIBLE)
    return corpora


@dataclass(frozen=True, slots=True)
class Filters:
    """Which occurrences count; an empty field does not restrict, and all fields have to hold.

    Attributes:
        languages: Registry ids.
        paths: Globs as :func:`.path_glob.glob_to_regex` reads them; one of them has to fit.
        roles: Roles of the file.
        under: A file, or the folder of files; as it is, no glob.
    """

    languages: frozenset[str] = frozenset()
    paths: tuple[str, ...] = ()
    roles: frozenset[Role] = frozenset()
    under: str = ""

    def on_files(self) -> list[ColumnElement[bool]]:
        """Conditions on ``files``; empty when nothing is restricted."""
        conditions: list[ColumnElement[bool]] = []
        if self.roles:
            conditions.append(File.role.in_(sorted(self.roles)))
        if self.paths:
            conditions.append(or_(*(File.path.regexp_match(glob_to_regex(glob)) for glob in self.paths)))
        if self.under:
            inside = File.path.startswith(f"{self.under}/", autoescape=True)
            conditions.append(or_(File.path == self.under, inside))
        return conditions

    def on_fragments(self) -> list[ColumnElement[bool]]:
        """Conditions on ``fragments``; empty when nothing is restricted."""
        return [Fragment.language.in_(sorted(self.languages))] if self.languages else []
