"""Files of a corpus, versioned by run: a changed file is the old row removed and a new one added."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update

from codesearch.core.store.bulk import insert_rows
from codesearch.core.store.ids import next_id
from codesearch.core.store.models import Blob, Corpus, File
from codesearch.core.store.snapshot import Snapshot
from codesearch.core.types import Role


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file as a run saw it: analysed (``blob_id`` set) or skipped (``reason`` set).

    Attributes:
        path: Relative to the corpus root.
        size: Bytes.
        modified_ns: Modification time in nanoseconds.
        blob_id: Its content; None when it was skipped.
        language: Registry id, when known.
        role: What the file is for, when known.
        rule: Name of the rule that gave the role.
        reason: Why it was skipped; None when it was analysed.
        detail: What a person may want to know beside the reason.
    """

    path: str
    size: int
    modified_ns: int
    blob_id: int | None = None
    language: str | None = None
    role: Role | None = None
    rule: str | None = None
    reason: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class FileState:
    """What a snapshot knows about a file; ``hash`` is that of its content, None when it was skipped."""

    id: int
    size: int
    modified_ns: int
    blob_id: int | None
    hash: bytes | None
    language: str | None
    role: Role | None
    rule: str | None
    reason: str | None


def files_at(snapshot: Snapshot, corpus_id: int) -> dict[str, FileState]:
    """Every file of a corpus in a snapshot, analysed or skipped, by path."""
    query = (
        select(
            File.path,
            File.id,
            File.size,
            File.modified_ns,
            File.blob_id,
            Blob.hash,
            File.language,
            File.role,
            File.rule,
            File.reason,
        )
        .outerjoin(Blob, Blob.id == File.blob_id)
        .where(File.corpus_id == corpus_id, snapshot.sees)
    )
    rows = snapshot.connection.execute(query)
    roles = {str(role): role for role in Role}
    return {
        path: FileState(
            row_id, size, modified, blob_id, digest, language, roles.get(role or ""), rule, reason
        )
        for path, row_id, size, modified, blob_id, digest, language, role, rule, reason in rows
    }


@dataclass(frozen=True, slots=True)
class AnalysedFile:
    """A file with fragments, as it was when it was analysed.

    Attributes:
        size: Bytes.
        modified_ns: Modification time in nanoseconds.
        role: What it is for.
    """

    size: int
    modified_ns: int
    role: Role


def analysed_file(snapshot: Snapshot, corpus: str, path: str) -> AnalysedFile | None:
    """A file of a corpus, by the names of both; None where a snapshot has none, or skipped it."""
    query = (
        select(File.size, File.modified_ns, File.role)
        .join(Corpus, Corpus.id == File.corpus_id)
        .where(Corpus.name == corpus, File.path == path, File.blob_id.is_not(None), snapshot.sees)
    )
    row = snapshot.connection.execute(query.limit(1)).first()
    return None if row is None else AnalysedFile(row.size, row.modified_ns, Role(row.role or Role.SOURCE))


def add_files(connection: Connection, run: int, corpus_id: int, files: Sequence[NewFile]) -> None:
    """Make files visible from ``run`` on, in bulk."""
    rows: list[dict[str, object]] = [
        {
            "id": file_id,
            "corpus_id": corpus_id,
            "path": file.path,
            "size": file.size,
            "modified_ns": file.modified_ns,
            "blob_id": file.blob_id,
            "language": file.language,
            "role": file.role and str(file.role),
            "rule": file.rule,
            "reason": file.reason,
            "detail": file.detail,
            "added_in": run,
            "removed_in": None,
        }
        for file_id, file in enumerate(files, start=next_id(connection, File.id))
    ]
    insert_rows(connection, File, rows)


def remove_files(connection: Connection, run: int, file_ids: Iterable[int]) -> None:
    """Hide rows from ``run`` on; earlier snapshots still see them."""
    rows = [{"removed": file_id} for file_id in file_ids]
    if rows:
        connection.execute(update(File).where(File.id == bindparam("removed")).values(removed_in=run), rows)
