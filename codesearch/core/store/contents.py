"""Blobs and fragments: what files hold, stored once per distinct content and never changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from codesearch.core.store.bulk import batches, insert_rows
from codesearch.core.store.ids import next_id
from codesearch.core.store.models import Blob, Fragment
from codesearch.core.types import ContentKey, FragmentKind, Role


@dataclass(frozen=True, slots=True)
class NewFragment:
    """A fragment of a new blob; ``layout`` holds the lines of its tokens as the indexer packs them."""

    key: ContentKey
    language: str
    kind: FragmentKind
    name: str
    container: str
    start_line: int
    end_line: int
    layout: bytes | None = None


@dataclass(frozen=True, slots=True)
class NewBlob:
    """A distinct file content, read as one language, with the fragments cut from it.

    Attributes:
        hash: BLAKE2b-128 of the raw bytes.
        language: Registry id.
        encoding: Label of the decoding that fitted.
        lines: Number of lines.
        tokens: Number of significant tokens.
        damaged: True when the grammar met syntax errors.
        role_by_content: What the content says about the role; None when nothing.
        fragments: In file order.
    """

    hash: bytes
    language: str
    encoding: str
    lines: int
    tokens: int
    damaged: bool
    role_by_content: Role | None
    fragments: tuple[NewFragment, ...]


@dataclass(frozen=True, slots=True)
class KnownBlob:
    """What is stored about a content that need not be parsed again."""

    id: int
    role_by_content: Role | None


def add_blobs(connection: Connection, blobs: Sequence[NewBlob]) -> list[int]:
    """Store contents that are not known yet, with their fragments, in bulk.

    Returns:
        The id of each blob, in order.
    """
    first_blob = next_id(connection, Blob.id)
    ids = list(range(first_blob, first_blob + len(blobs)))
    blob_rows: list[dict[str, object]] = [
        {
            "id": blob_id,
            "hash": blob.hash,
            "language": blob.language,
            "role_by_content": blob.role_by_content and str(blob.role_by_content),
            "encoding": blob.encoding,
            "lines": blob.lines,
            "tokens": blob.tokens,
            "damaged": blob.damaged,
        }
        for blob_id, blob in zip(ids, blobs, strict=True)
    ]
    placed = [
        (blob_id, fragment) for blob_id, blob in zip(ids, blobs, strict=True) for fragment in blob.fragments
    ]
    fragment_rows: list[dict[str, object]] = [
        {
            "id": fragment_id,
            "blob_id": blob_id,
            "key": fragment.key,
            "language": fragment.language,
            "kind": str(fragment.kind),
            "name": fragment.name,
            "container": fragment.container,
            "start_line": fragment.start_line,
            "end_line": fragment.end_line,
            "layout": fragment.layout,
        }
        for fragment_id, (blob_id, fragment) in enumerate(placed, start=next_id(connection, Fragment.id))
    ]
    insert_rows(connection, Blob, blob_rows)
    insert_rows(connection, Fragment, fragment_rows)
    return ids


def known_blobs(connection: Connection, hashes: Iterable[bytes]) -> dict[tuple[bytes, str], KnownBlob]:
    """Of these contents the ones that are stored, by hash and language."""
    found: dict[tuple[bytes, str], KnownBlob] = {}
    for batch in batches(sorted(set(hashes))):
        query = select(Blob.hash, Blob.language, Blob.id, Blob.role_by_content).where(Blob.hash.in_(batch))
        for row in connection.execute(query):
            role = None if row.role_by_content is None else Role(row.role_by_content)
            found[bytes(row.hash), row.language] = KnownBlob(row.id, role)
    return found


def fragment_layouts(connection: Connection, fragment_ids: Iterable[int]) -> dict[int, bytes]:
    """Packed token lines by fragment id; fragments stored without are left out."""
    found: dict[int, bytes] = {}
    for batch in batches(sorted(set(fragment_ids))):
        query = select(Fragment.id, Fragment.layout).where(
            Fragment.id.in_(batch), Fragment.layout.is_not(None)
        )
        found |= {row.id: bytes(row.layout) for row in connection.execute(query) if row.layout is not None}
    return found
