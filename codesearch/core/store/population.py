"""Everything of a snapshot that an audit compares, column by column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select

from codesearch.core.store.models import Blob, Corpus, File, Fragment
from codesearch.core.store.snapshot import Filters, Snapshot
from codesearch.core.types import I32, I64, U8, Role

_PARTITION = 50_000  # rows fetched at a time


@dataclass(frozen=True, slots=True)
class AnalysedFile:
    """An analysed file; ``path`` is relative to the root of its corpus, ``hash`` that of its content."""

    corpus: str
    path: str
    role: Role
    language: str
    lines: int
    blob_id: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class FragmentColumns:
    """Fragments of the blobs that the files hold, by blob and line, outer before inner.

    Attributes:
        ids: int64 [n], fragment ids.
        blobs: int64 [n].
        keys: uint8 [n, 16], content keys.
        starts: int32 [n], first lines.
        ends: int32 [n], last lines, inclusive.
        languages: Registry id of each.
        kinds: Fragment kind of each.
        names: Declared name of each.
    """

    ids: I64
    blobs: I64
    keys: U8
    starts: I32
    ends: I32
    languages: Sequence[str]
    kinds: Sequence[str]
    names: Sequence[str]


def analysed_files(snapshot: Snapshot, corpora: Iterable[str], filters: Filters) -> list[AnalysedFile]:
    """The analysed files of some corpora, by corpus and path."""
    query = (
        select(Corpus.name, File.path, File.role, File.language, Blob.lines, Blob.id, Blob.hash)
        .join(Corpus, Corpus.id == File.corpus_id)
        .join(Blob, Blob.id == File.blob_id)
        .where(snapshot.sees, Corpus.name.in_(sorted(corpora)), *filters.on_files())
    )
    if filters.languages:
        query = query.where(File.language.in_(sorted(filters.languages)))
    roles = {str(role): role for role in Role}
    files = [
        AnalysedFile(
            corpus, path, roles.get(role or "", Role.SOURCE), language or "", lines, blob, bytes(digest)
        )
        for corpus, path, role, language, lines, blob, digest in snapshot.connection.execute(query)
    ]
    return sorted(files, key=lambda file: (file.corpus, file.path))  # databases collate each in their own way


def fragment_columns(snapshot: Snapshot, blobs: I64) -> FragmentColumns:
    """Fragments of some blobs (int64, ascending)."""
    query = select(
        Fragment.id, Fragment.blob_id, Fragment.key, Fragment.start_line, Fragment.end_line,
        Fragment.language, Fragment.kind, Fragment.name,
    ).order_by(Fragment.id)  # fmt: skip
    numbers: list[I64] = []
    keys: list[bytes] = []
    texts: list[tuple[str, str, str]] = []
    for rows in snapshot.connection.execute(query).partitions(_PARTITION):
        columns = list(zip(*rows, strict=True))
        part = np.array((columns[0], columns[1], columns[3], columns[4]), np.int64).T
        kept = np.isin(part[:, 1], blobs)
        numbers.append(part[kept])
        for position in np.flatnonzero(kept).tolist():
            keys.append(columns[2][position])
            texts.append((columns[5][position], columns[6][position], columns[7][position]))
    table = np.concatenate(numbers) if numbers else np.empty((0, 4), np.int64)
    order = np.lexsort((-table[:, 3], table[:, 2], table[:, 1]))
    table = table[order]
    ordered = [texts[position] for position in order.tolist()]
    packed = np.frombuffer(b"".join(keys), np.uint8).reshape(-1, 16)
    return FragmentColumns(
        ids=table[:, 0],
        blobs=table[:, 1],
        keys=packed[order],
        starts=table[:, 2].astype(np.int32),
        ends=table[:, 3].astype(np.int32),
        languages=[text[0] for text in ordered],
        kinds=[text[1] for text in ordered],
        names=[text[2] for text in ordered],
    )
