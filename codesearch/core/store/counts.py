"""What a snapshot holds, in numbers; the ledger of files adds up by construction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from codesearch.core.store.models import Blob, File, Fragment
from codesearch.core.store.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class SnapshotCounts:
    """Files, lines and fragments of a snapshot.

    Attributes:
        analysed: Files that were analysed.
        skipped: Skipped files by reason.
        by_role: Analysed files by role.
        by_language: Analysed files by language.
        by_encoding: Analysed files by the decoding that fitted.
        damaged: Analysed files with syntax errors.
        lines: Lines of the analysed files.
        fragments: Occurrences of fragments in them.
        unique_fragments: Distinct content keys among these.
    """

    analysed: int
    skipped: Mapping[str, int]
    by_role: Mapping[str, int]
    by_language: Mapping[str, int]
    by_encoding: Mapping[str, int]
    damaged: int
    lines: int
    fragments: int
    unique_fragments: int

    @property
    def seen(self) -> int:
        """All files: analysed and skipped."""
        return self.analysed + sum(self.skipped.values())


def count_snapshot(snapshot: Snapshot, corpus_id: int | None = None) -> SnapshotCounts:
    """Count one corpus of a snapshot, or all of it with None."""
    scope = [snapshot.sees] if corpus_id is None else [snapshot.sees, File.corpus_id == corpus_id]
    analysed = [*scope, File.reason.is_(None)]
    run = snapshot.connection.execute

    def grouped(column: ColumnElement[str], conditions: list[ColumnElement[bool]]) -> dict[str, int]:
        query = select(column, func.count()).select_from(File).outerjoin(Blob, Blob.id == File.blob_id)
        rows = run(query.where(*conditions).group_by(column))
        return dict(sorted((str(name), count) for name, count in rows))

    files, lines, damaged = run(
        select(func.count(), func.coalesce(func.sum(Blob.lines), 0), func.count().filter(Blob.damaged))
        .select_from(File)
        .outerjoin(Blob, Blob.id == File.blob_id)
        .where(*analysed)
    ).one()
    fragments, unique = run(
        select(func.count(), func.count(Fragment.key.distinct()))
        .select_from(File)
        .join(Fragment, Fragment.blob_id == File.blob_id)
        .where(*analysed)
    ).one()
    unknown = "unknown"
    return SnapshotCounts(
        analysed=files,
        skipped=grouped(func.coalesce(File.reason, unknown), [*scope, File.reason.is_not(None)]),
        by_role=grouped(func.coalesce(File.role, unknown), analysed),
        by_language=grouped(func.coalesce(File.language, unknown), analysed),
        by_encoding=grouped(func.coalesce(Blob.encoding, unknown), analysed),
        damaged=damaged,
        lines=int(lines),
        fragments=fragments,
        unique_fragments=unique,
    )
