"""Corpora and facts about the index itself."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from codesearch.core.store.ids import next_id
from codesearch.core.store.models import Corpus, File, Meta
from codesearch.core.store.snapshot import visible_corpora

_COLUMNS = select(Corpus.id, Corpus.name, Corpus.root)


@dataclass(frozen=True, slots=True)
class CorpusRow:
    """An indexed corpus: its id, unique name and absolute root."""

    id: int
    name: str
    root: Path


def ensure_corpus(connection: Connection, name: str, root: Path) -> CorpusRow:
    """The corpus at ``root``, added when new; a new one whose name is taken gets a number: ``name-2``."""
    known = _rows(connection.execute(_COLUMNS))
    for corpus in known:
        if corpus.root == root:
            connection.execute(update(Corpus).where(Corpus.id == corpus.id).values(removed_in=None))
            return corpus
    taken = {corpus.name for corpus in known}
    number = 1
    unique = name
    while unique in taken:
        number += 1
        unique = f"{name}-{number}"
    row = CorpusRow(next_id(connection, Corpus.id), unique, root)
    connection.execute(insert(Corpus).values(id=row.id, name=unique, root=str(root), added_at=time.time()))
    return row


def read_corpora(connection: Connection, snapshot: int | None = None) -> tuple[CorpusRow, ...]:
    """The corpora of the index, by name; of those the ones that the connection sees.

    Args:
        connection: To the store.
        snapshot: Those that a later run removed, which may have died before it was published, are there too.
    """
    there = [Corpus.removed_in.is_(None), *([Corpus.removed_in > snapshot] if snapshot is not None else [])]
    known = _rows(connection.execute(_COLUMNS.where(or_(*there))))
    visible = visible_corpora(connection)
    return known if visible is None else tuple(corpus for corpus in known if corpus.name in visible)


def remove_corpora(connection: Connection, run: int, corpora: Iterable[CorpusRow]) -> None:
    """Hide corpora and their files from ``run`` on; earlier snapshots still see the files."""
    ids = [corpus.id for corpus in corpora]
    connection.execute(update(Corpus).where(Corpus.id.in_(ids)).values(removed_in=run))
    seen = File.corpus_id.in_(ids) & File.removed_in.is_(None)
    connection.execute(update(File).where(seen).values(removed_in=run))


def _rows(rows: Iterable[Row[tuple[int, str, str]]]) -> tuple[CorpusRow, ...]:
    return tuple(
        sorted((CorpusRow(row.id, row.name, Path(row.root)) for row in rows), key=lambda row: row.name)
    )


def read_meta(connection: Connection, key: str) -> str | None:
    """A fact about the index, such as the settings it was built with; None when it was never written."""
    return connection.execute(select(Meta.value).where(Meta.key == key)).scalar_one_or_none()


def write_meta(connection: Connection, key: str, value: str | None) -> None:
    """Record a fact, or forget it with None."""
    if value is None:
        connection.execute(delete(Meta).where(Meta.key == key))
    elif connection.execute(update(Meta).where(Meta.key == key).values(value=value)).rowcount == 0:
        connection.execute(insert(Meta).values(key=key, value=value))
