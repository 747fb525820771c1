"""The vectors of an index's segments in its database, beside the files that they were made from.

A table is named after the content of a segment's file of vectors, so that a segment is written once, whatever
manifests name it, and readers of the snapshot before find theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from codesearch.core.errors import IndexFailure
from codesearch.core.protocols import VectorIndex
from codesearch.core.store.database import Database
from indexer.segments.files import REBUILD
from indexer.segments.manifest import Manifest, SegmentEntry
from indexer.segments.segment import VECTORS, Segment
from indexer.vectors.choice import FLAT_LIMIT
from indexer.vectors.pgvector import PgVectorIndex
from indexer.vectors.pgvector_tables import PREFIX, drop_others, find_table, require_extension

_CHECKSUM = re.compile(r"[0-9a-f]{32}", re.ASCII)


def mirror_vectors(database: Database, segments: Iterable[Segment], *kept: Manifest) -> None:
    """Write the vectors of segments that the database lacks; those that no manifest of ``kept`` names, and no
    segment here, are dropped.

    Called before a manifest names new segments, so that no reader finds one without its vectors.

    Raises:
        EnvironmentFailure: The database has no pgvector, is full, or went away.
    """
    held = [segment for segment in segments if segment.entry.model]
    with database.write() as connection:
        require_extension(connection, database.place)
    for segment in held:
        name = _table_of(segment.entry)
        with database.read() as connection:
            found = find_table(connection, name)
        if found is None:
            PgVectorIndex.build(database, name, segment.vectors, FLAT_LIMIT)
    entries = [entry for manifest in kept for entry in manifest.segments if entry.model]
    with database.write() as connection:
        drop_others(connection, map(_table_of, [*(segment.entry for segment in held), *entries]))


def open_mirrored(database: Database, segment: Segment, trusted: bool) -> VectorIndex:
    """The search structure of a segment in the database; whom its files are from does not matter there.

    Raises:
        IndexFailure: The database lacks it.
    """
    del trusted
    return PgVectorIndex.open(database, _table_of(segment.entry))


def _table_of(entry: SegmentEntry) -> str:
    checksum = entry.files[f"{VECTORS}.npy"].checksum
    if not _CHECKSUM.fullmatch(checksum):  # it becomes part of statements
        raise IndexFailure(f"the manifest's checksum of segment {entry.name} is none", REBUILD)
    return PREFIX + checksum
