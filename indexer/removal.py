"""Removes corpora from an index: a new snapshot without them, and everything else left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from codesearch import __version__
from codesearch.core.errors import InputError
from codesearch.core.store.corpora import CorpusRow, read_corpora, remove_corpora
from codesearch.core.store.counts import SnapshotCounts, count_snapshot
from codesearch.core.store.database import Database
from codesearch.core.store.globs import forget_globs
from codesearch.core.store.history import begin_run, collect_garbage, finish_run, forget_after
from codesearch.core.store.occurrences import live_keys
from codesearch.core.store.snapshot import Snapshot as StoreSnapshot
from indexer.folder import IndexFolder
from indexer.segments.manifest import Manifest
from indexer.segments.snapshot import Snapshot
from indexer.segments.writer import alive_rows
from indexer.shared_store import writing
from indexer.vectors.choice import STRUCTURE


@dataclass(frozen=True, slots=True)
class RemovalReport:
    """What a removal did.

    Attributes:
        snapshot: Number of the snapshot that is current now.
        removed: Names of the corpora that are gone, in order.
        roots: Where they lie.
        counts: What the index holds now.
    """

    snapshot: int
    removed: tuple[str, ...]
    roots: frozenset[Path]
    counts: SnapshotCounts


def remove_from_index(folder: IndexFolder, database: Database, names: Sequence[str]) -> RemovalReport:
    """Remove corpora by name.

    Nothing is read or written but rows of the store and the manifest: what no file holds any more becomes a
    tombstone, and the next run of the indexer writes a segment again once these are many.

    Raises:
        InputError: No corpus has one of the names.
        IndexFailure: There is no index, it is damaged, or another process is writing.
    """
    with writing(folder, database):
        previous = folder.open()
        with database.write() as connection:
            forget_after(connection, previous.manifest.snapshot)
            collect_garbage(connection, previous.manifest.snapshot)
        with database.write() as connection:
            removed = _named(read_corpora(connection), names)
            run = begin_run(connection, __version__)
            remove_corpora(connection, run, removed)
            forget_globs(connection, run, (corpus.root for corpus in removed))
            store = StoreSnapshot(connection, run)
            counts = count_snapshot(store)
            figures = {"files": counts.seen, "fragments": counts.fragments, "lines": counts.lines}
            finish_run(connection, run, figures)
            dead = (~alive_rows(previous, live_keys(store))).nonzero()[0].tolist()
        database.require_writer()
        folder.publish(_without(previous, removed, run, tuple(dead)))
        folder.sweep(folder.manifest(), previous.manifest)
    names_of_removed = tuple(corpus.name for corpus in removed)
    return RemovalReport(run, names_of_removed, frozenset(corpus.root for corpus in removed), counts)


def _named(corpora: Sequence[CorpusRow], names: Sequence[str]) -> list[CorpusRow]:
    known = {corpus.name: corpus for corpus in corpora}
    unknown = sorted(set(names) - known.keys())
    if unknown:
        raise InputError(f"no corpus {unknown[0]!r} in the index", "see `codesearch status`")
    return [known[name] for name in sorted(set(names))]


def _without(previous: Snapshot, removed: Sequence[CorpusRow], run: int, dead: tuple[int, ...]) -> Manifest:
    """The manifest of the same segments; it vouches for no vector structure of another installation."""
    manifest = previous.manifest
    gone = {str(corpus.root) for corpus in removed}
    segments = manifest.segments
    if not previous.trusted:
        segments = tuple(
            replace(
                entry,
                files={name: file for name, file in entry.files.items() if name != STRUCTURE},
                recall=1.0,
            )
            for entry in segments
        )
    return replace(
        manifest,
        snapshot=run,
        segments=segments,
        dead=dead,
        analysis={root: salt for root, salt in manifest.analysis.items() if root not in gone},
    )
