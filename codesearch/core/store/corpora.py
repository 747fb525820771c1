"""Corpora and facts about the index itself."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select, update

from codesearch.core.store.ids import next_id
from codesearch.core.store.models import Corpus, Meta


@dataclass(frozen=True, slots=True)
class CorpusRow:
    """An indexed corpus: its id, unique name and absolute root."""

    id: int
    name: str
    root: Path


def ensure_corpus(connection: Connection, name: str, root: Path) -> CorpusRow:
    """The corpus at ``root``, added when new; a new one whose name is taken gets a number: ``name-2``."""
    known = read_corpora(connection)
    for corpus in known:
        if corpus.root == root:
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


def read_corpora(connection: Connection) -> tuple[CorpusRow, ...]:
    """All corpora, by name."""
    rows = connection.execute(select(Corpus.id, Corpus.name, Corpus.root))
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
