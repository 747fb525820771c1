"""Collects the state of an index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codesearch.core.status import CorpusStatus, Difference, IndexStatus, SegmentStatus
from codesearch.core.store.corpora import read_corpora
from codesearch.core.store.counts import count_snapshot
from codesearch.core.store.database import Database
from codesearch.core.store.snapshot import Snapshot as StoreSnapshot
from indexer.folder import IndexFolder
from indexer.segments.manifest import Manifest


def index_status(folder: IndexFolder, database: Database, differences: Sequence[Difference]) -> IndexStatus:
    """The state of an index as its manifest and store tell it; no segment is opened."""
    manifest = folder.manifest()
    with database.read() as connection:
        store = StoreSnapshot(connection, manifest.snapshot)
        corpora = tuple(
            CorpusStatus(corpus.name, corpus.root, count_snapshot(store, corpus.id))
            for corpus in read_corpora(connection)
        )
        counts = count_snapshot(store)
    return IndexStatus(
        index=folder.path,
        format=manifest.format,
        snapshot=manifest.snapshot,
        started=manifest.started,
        counts=counts,
        corpora=corpora,
        segments=tuple(_segments(manifest)),
        size=sum(path.stat().st_size for path in folder.path.rglob("*") if path.is_file()),
        differences=tuple(differences),
    )


def _segments(manifest: Manifest) -> list[SegmentStatus]:
    edges = np.cumsum([0, *(entry.rows for entry in manifest.segments)])
    dead = np.diff(np.searchsorted(np.array(manifest.dead, np.int64), edges))
    return [
        SegmentStatus(entry.name, entry.rows, int(gone), entry.model, entry.recall)
        for entry, gone in zip(manifest.segments, dead, strict=True)
    ]
