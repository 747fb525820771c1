"""What a store holds of some corpora, in the form in which another store takes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

from sqlalchemy import select

from codesearch.core.store.bulk import batches
from codesearch.core.store.contents import NewBlob, NewFragment
from codesearch.core.store.files import NewFile
from codesearch.core.store.models import Blob, File, Fragment
from codesearch.core.store.snapshot import Snapshot
from codesearch.core.types import ContentKey, FragmentKind, Role


def read_blobs(snapshot: Snapshot, corpora: Collection[int]) -> Iterator[tuple[int, NewBlob]]:
    """The contents that files of corpora have in a snapshot, with their ids, by hash and language."""
    used = select(File.blob_id).where(snapshot.sees, File.corpus_id.in_(sorted(corpora)))
    rows = snapshot.connection.execute(
        select(
            Blob.id,
            Blob.hash,
            Blob.language,
            Blob.encoding,
            Blob.lines,
            Blob.tokens,
            Blob.damaged,
            Blob.role_by_content,
        ).where(Blob.id.in_(used))
    )
    # Sorted here, because databases collate text each in their own way.
    for batch in batches(sorted(rows, key=lambda row: (bytes(row.hash), row.language))):
        fragments = _fragments(snapshot, [row.id for row in batch])
        for row in batch:
            role = None if row.role_by_content is None else Role(row.role_by_content)
            yield (
                row.id,
                NewBlob(
                    hash=bytes(row.hash),
                    language=row.language,
                    encoding=row.encoding,
                    lines=row.lines,
                    tokens=row.tokens,
                    damaged=row.damaged,
                    role_by_content=role,
                    fragments=tuple(fragments[row.id]),
                ),
            )


def read_files(snapshot: Snapshot, corpus_id: int) -> dict[str, tuple[int, NewFile]]:
    """Every file of a corpus in a snapshot, analysed or skipped, by path, each with its id; ``blob_id`` is
    that of this store.
    """
    query = select(
        File.id,
        File.path,
        File.size,
        File.modified_ns,
        File.blob_id,
        File.language,
        File.role,
        File.rule,
        File.reason,
        File.detail,
    ).where(File.corpus_id == corpus_id, snapshot.sees)
    return {
        row.path: (
            row.id,
            NewFile(
                path=row.path,
                size=row.size,
                modified_ns=row.modified_ns,
                blob_id=row.blob_id,
                language=row.language,
                role=None if row.role is None else Role(row.role),
                rule=row.rule,
                reason=row.reason,
                detail=row.detail,
            ),
        )
        for row in snapshot.connection.execute(query)
    }


def _fragments(snapshot: Snapshot, blobs: Collection[int]) -> dict[int, list[NewFragment]]:
    """The fragments of blobs in file order, by blob id."""
    query = (
        select(
            Fragment.blob_id,
            Fragment.key,
            Fragment.language,
            Fragment.kind,
            Fragment.name,
            Fragment.container,
            Fragment.start_line,
            Fragment.end_line,
            Fragment.layout,
        )
        .where(Fragment.blob_id.in_(blobs))
        .order_by(Fragment.id)
    )
    found: dict[int, list[NewFragment]] = defaultdict(list)
    for row in snapshot.connection.execute(query):
        layout = None if row.layout is None else bytes(row.layout)
        found[row.blob_id].append(
            NewFragment(
                ContentKey(bytes(row.key)),
                row.language,
                FragmentKind(row.kind),
                row.name,
                row.container,
                row.start_line,
                row.end_line,
                layout,
            )
        )
    return found
