"""Collects the state of an index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codesearch.core.status import CorpusStatus, Difference, IndexStatus, SegmentStatus
from codesearch.core.store.corpora import read_corpora
from codesearch.core.store.counts import count_snapshot
from codesearch.core.store.database import Database
from codesearch.core.store.files import files_at
from codesearch.core.store.globs import NONE_NAMED, read_globs
from codesearch.core.store.snapshot import Snapshot as StoreSnapshot
from codesearch.sources.shelf import shown_origins
from indexer.folder import IndexFolder
from indexer.segments.manifest import Manifest
from indexer.vectors.choice import structure_of


@dataclass(frozen=True, slots=True)
class SkippedEntry:
    """A file that was seen and not analysed; the path is relative to the corpus root."""

    corpus: str
    path: str
    reason: str


def skipped_entries(manifest: Manifest, database: Database) -> tuple[SkippedEntry, ...]:
    """The skipped files of an index, by corpus and path."""
    with database.read() as connection:
        store = StoreSnapshot(connection, manifest.snapshot)
        return tuple(
            SkippedEntry(corpus.name, path, state.reason)
            for corpus in read_corpora(connection, manifest.snapshot)
            for path, state in sorted(files_at(store, corpus.id).items())
            if state.reason is not None
        )


def index_status(folder: IndexFolder, database: Database, differences: Sequence[Difference]) -> IndexStatus:
    """The state of an index as its manifest and store tell it; no segment is opened."""
    manifest = folder.manifest()
    with database.read() as connection:
        store = StoreSnapshot(connection, manifest.snapshot)
        rows = read_corpora(connection, manifest.snapshot)
        origins = shown_origins(corpus.root for corpus in rows)
        globs = read_globs(connection, manifest.snapshot)
        corpora = tuple(
            CorpusStatus(
                corpus.name,
                corpus.root,
                count_snapshot(store, corpus.id),
                origins.get(corpus.root),
                globs.get(corpus.root, NONE_NAMED).named,
            )
            for corpus in rows
            if str(corpus.root) in manifest.analysis  # a run that failed leaves a name without files
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
        size=folder.size(),
        differences=tuple(differences),
    )


def _segments(manifest: Manifest) -> list[SegmentStatus]:
    edges = np.cumsum([0, *(entry.rows for entry in manifest.segments)])
    dead = np.diff(np.searchsorted(np.array(manifest.dead, np.int64), edges))
    return [
        SegmentStatus(
            entry.name, entry.rows, int(gone), entry.model, structure_of(entry.files).value, entry.recall
        )
        for entry, gone in zip(manifest.segments, dead, strict=True)
    ]
