"""Runs: beginning and finishing one, undoing what a dead one wrote, dropping what no snapshot needs."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from codesearch.core.store.belonging import note_oldest
from codesearch.core.store.globs import restore_globs
from codesearch.core.store.ids import next_id
from codesearch.core.store.models import Blob, Corpus, File, Fragment, Run


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run; times are seconds since the epoch, UTC, ``finished_at`` is None when it died or still runs."""

    id: int
    started_at: float
    finished_at: float | None
    version: str
    counts: Mapping[str, object]


def begin_run(connection: Connection, version: str) -> int:
    """Register a run of this codesearch version; its number is the snapshot it will make."""
    number = next_id(connection, Run.id)
    row = {"id": number, "started_at": time.time(), "finished_at": None, "version": version, "counts": "{}"}
    connection.execute(insert(Run).values(row))
    return number


def finish_run(connection: Connection, run: int, counts: Mapping[str, object]) -> None:
    """Mark a run as complete, with its figures."""
    values = {"finished_at": time.time(), "counts": json.dumps(counts, sort_keys=True)}
    connection.execute(update(Run).where(Run.id == run).values(values))


def read_runs(connection: Connection) -> tuple[RunRow, ...]:
    """All runs, newest first."""
    rows = connection.execute(
        select(Run.id, Run.started_at, Run.finished_at, Run.version, Run.counts).order_by(Run.id.desc())
    )
    return tuple(
        RunRow(row.id, row.started_at, row.finished_at, row.version, json.loads(row.counts)) for row in rows
    )


def forget_after(connection: Connection, snapshot: int) -> None:
    """Undo every run after ``snapshot``: its files vanish, what it removed is back, corpora and globs too.

    The blobs it parsed stay, so that the next run need not parse them again; :func:`collect_garbage` drops
    those that nothing came to use.
    """
    connection.execute(delete(File).where(File.added_in > snapshot))
    connection.execute(update(File).where(File.removed_in > snapshot).values(removed_in=None))
    connection.execute(update(Corpus).where(Corpus.removed_in > snapshot).values(removed_in=None))
    connection.execute(delete(Run).where(Run.id > snapshot))
    restore_globs(connection, snapshot)


def collect_garbage(connection: Connection, oldest: int) -> int:
    """Drop file rows that no snapshot from ``oldest`` on sees, then the contents that no file row names.

    Returns:
        Number of blobs dropped.
    """
    note_oldest(connection, oldest)
    connection.execute(delete(File).where(File.removed_in <= oldest))
    gone = Corpus.removed_in.is_not(None) & ~select(File.id).where(File.corpus_id == Corpus.id).exists()
    connection.execute(delete(Corpus).where(gone))
    # NOT EXISTS, because NOT IN over a nullable column is never true once one value is null.
    orphans = select(Blob.id).where(~select(File.id).where(File.blob_id == Blob.id).exists())
    connection.execute(delete(Fragment).where(Fragment.blob_id.in_(orphans)))
    dropped = connection.execute(delete(Blob).where(~select(File.id).where(File.blob_id == Blob.id).exists()))
    return dropped.rowcount
