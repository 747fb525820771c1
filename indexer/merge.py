"""Takes the corpora of another index into one, without reading their sources again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from codesearch import __version__
from codesearch.core.errors import IndexFailure
from codesearch.core.protocols import Embedder
from codesearch.core.store.contents import NewBlob, add_blobs, known_blobs
from codesearch.core.store.corpora import CorpusRow, ensure_corpus, read_corpora
from codesearch.core.store.counts import SnapshotCounts, count_snapshot
from codesearch.core.store.database import Database
from codesearch.core.store.files import add_files, remove_files
from codesearch.core.store.globs import forget_globs, keep_globs, read_globs
from codesearch.core.store.history import begin_run, collect_garbage, finish_run, forget_after
from codesearch.core.store.occurrences import live_keys
from codesearch.core.store.snapshot import Snapshot as StoreSnapshot
from codesearch.core.store.transfer import read_blobs, read_files
from codesearch.core.types import I32, U8, ContentKey
from indexer.build import EMPTY, BuildOptions, Progress
from indexer.folder import IndexFolder
from indexer.segments.assembly import LocalAssembly
from indexer.segments.layout import pack_layout, relative_lines, unpack_layout
from indexer.segments.manifest import Manifest, SegmentEntry
from indexer.segments.snapshot import Snapshot
from indexer.segments.writer import alive_rows
from indexer.shared_store import writing
from indexer.vectors.choice import STRUCTURE

_BLOBS_AT_ONCE = 10_000

Identity = tuple[ContentKey, str]


@dataclass(frozen=True, slots=True)
class OtherIndex:
    """The index whose corpora are taken over.

    Attributes:
        snapshot: Its contents.
        database: Its store.
        name: What to call each of its corpora here, if the name is free.
        root: Where each of them lies.
    """

    snapshot: Snapshot
    database: Database
    name: Callable[[CorpusRow], str]
    root: Callable[[CorpusRow], Path]


@dataclass(frozen=True, slots=True)
class MergedCorpus:
    """A corpus that was taken over: its name there and here, and how many files were added or replaced."""

    name: str
    here: str
    files: int


@dataclass(frozen=True, slots=True)
class MergeReport:
    """What a merge did.

    Attributes:
        snapshot: Number of the snapshot that is current now.
        counts: What it holds: all corpora of the index.
        corpora: Those of the other index, by their names there.
        contents: Contents that were not known before.
    """

    snapshot: int
    counts: SnapshotCounts
    corpora: tuple[MergedCorpus, ...]
    contents: int


def merge_index(
    folder: IndexFolder,
    database: Database,
    other: OtherIndex,
    embedder: Embedder | None,
    options: BuildOptions,
    progress: Progress,
) -> MergeReport:
    """Take the corpora of another index into one; what is the same already stays, so that a second merge
    does nothing.

    A corpus that both have, told by its root, is as the other index has it afterwards. Everything becomes
    visible by one rename at the very end; a merge that dies before is undone by the next writer.

    Args:
        folder: The index.
        database: Its store.
        other: The other one.
        embedder: Of the vectors of both; None where they have none.
        options: How segments are written; nothing is analysed.
        progress: Hears how far it is.

    Raises:
        IndexFailure: Another process is writing, an index is damaged, or what is in them does not fit
            together: other settings, another embedder, another version of the analysis.
    """
    with writing(folder, database):
        return _Merge(folder, database, other, embedder, options, progress).execute()


class _Merge:
    """One merge; holds what its stages share."""

    def __init__(
        self,
        folder: IndexFolder,
        database: Database,
        other: OtherIndex,
        embedder: Embedder | None,
        options: BuildOptions,
        progress: Progress,
    ) -> None:
        self._folder = folder
        self._database = database
        self._other = other
        self._embedder = embedder
        self._options = options
        self._progress = progress
        self._previous = folder.open() if folder.exists() else Snapshot(folder.path, EMPTY)
        self._manifest = self._previous.manifest
        self._known: Mapping[Identity, int] = self._previous.identities()
        self._theirs: Mapping[Identity, int] = other.snapshot.identities()

    def execute(self) -> MergeReport:
        """All stages in order."""
        with self._database.write() as connection:
            forget_after(connection, self._manifest.snapshot)
            collect_garbage(connection, self._manifest.snapshot)
        with self._other.database.read() as source, self._database.write() as target:
            store = StoreSnapshot(source, self._other.snapshot.manifest.snapshot)
            theirs = _indexed(read_corpora(source), self._other.snapshot.manifest)
            self._require_fitting(theirs, target)
            run = begin_run(target, __version__)
            corpora = self._copy_rows(store, theirs, target, run)
            merged = StoreSnapshot(target, run)
            counts = count_snapshot(merged)
            changed = not self._manifest.snapshot or any(corpus.files for corpus in corpora)
            if not changed:
                forget_after(target, self._manifest.snapshot)
                self._copy_globs(store, theirs, target, self._manifest.snapshot)
                return MergeReport(self._manifest.snapshot, counts, tuple(corpora), 0)
            self._copy_globs(store, theirs, target, run)
            figures = {"files": counts.seen, "fragments": counts.fragments, "lines": counts.lines}
            finish_run(target, run, figures)
            keys = live_keys(merged)
            wanted = {
                (fragment.key, fragment.language)
                for _, blob in read_blobs(store, [corpus.id for corpus in theirs])
                for fragment in blob.fragments
            }
        fresh = wanted - self._known.keys()
        self._publish(run, keys, theirs, self._write_segments(run, fresh) if fresh else ())
        return MergeReport(run, counts, tuple(corpora), len(fresh))

    def _require_fitting(self, theirs: Sequence[CorpusRow], target: Connection) -> None:
        manifest, other = self._manifest, self._other.snapshot.manifest
        model = "" if self._embedder is None else self._embedder.id
        if {entry.model for entry in other.segments} - {model}:
            raise IndexFailure(
                f"the other index has vectors of '{other.settings.get('embedding.model')}', "
                f"the embedder is '{model}'",
                "set embedding.model to that of both",
            )
        if not manifest.snapshot:
            return
        if not self._previous.trusted and any(STRUCTURE in entry.files for entry in manifest.segments):
            # The manifest that is published would vouch for it.
            raise IndexFailure(
                f"{self._folder.path} has a vector structure of another installation",
                "run 'codesearch index' on its corpora first",
            )
        for key in sorted({*manifest.settings, *other.settings}):
            ours, its = manifest.settings.get(key), other.settings.get(key)
            if ours != its:
                raise IndexFailure(
                    f"the other index was built with {key} = {its!r}, this one with {ours!r}",
                    "index its corpora here, or build both with the same settings",
                )
        salts = {manifest.analysis.get(str(corpus.root)) for corpus in read_corpora(target)} - {None}
        its_salts = {other.analysis[str(corpus.root)] for corpus in theirs}
        if salts and salts != its_salts:
            raise IndexFailure(
                "the indexes were made by different versions of the analysis",
                "run 'codesearch index' on the corpora of both with this version first",
            )

    def _copy_rows(
        self, store: StoreSnapshot, theirs: Sequence[CorpusRow], target: Connection, run: int
    ) -> list[MergedCorpus]:
        """Write the contents of files and the files that changed."""
        ids = self._copy_blobs(store, theirs, target)
        here = StoreSnapshot(target, run)
        merged = []
        self._progress.stage("merging", "corpora", len(theirs))
        for corpus in theirs:
            row = ensure_corpus(target, self._other.name(corpus), self._other.root(corpus))
            known = read_files(here, row.id)
            wanted = {
                path: replace(file, blob_id=None if file.blob_id is None else ids[file.blob_id])
                for path, (_, file) in read_files(store, corpus.id).items()
            }
            same = {path for path, (_, file) in known.items() if wanted.get(path) == file}
            gone = [number for path, (number, _) in known.items() if path not in same]
            fresh = [file for path, file in sorted(wanted.items()) if path not in same]
            remove_files(target, run, gone)
            add_files(target, run, row.id, fresh)
            merged.append(MergedCorpus(corpus.name, row.name, max(len(gone), len(fresh))))
            self._progress.advance(1)
        return merged

    def _copy_globs(
        self, store: StoreSnapshot, theirs: Sequence[CorpusRow], target: Connection, run: int
    ) -> None:
        """Read the corpora from now on as the other index does."""
        named = read_globs(store.connection, store.number)
        forget_globs(target, run, (self._other.root(corpus) for corpus in theirs))
        keep_globs(
            target,
            run,
            {self._other.root(corpus): named[corpus.root] for corpus in theirs if corpus.root in named},
        )

    def _copy_blobs(
        self, store: StoreSnapshot, theirs: Sequence[CorpusRow], target: Connection
    ) -> dict[int, int]:
        """Write the contents of files that are not known; returns our ids by theirs."""
        ids: dict[int, int] = {}
        for batch in _batches(read_blobs(store, [corpus.id for corpus in theirs])):
            known = known_blobs(target, (blob.hash for _, blob in batch))
            fresh = [(number, blob) for number, blob in batch if (blob.hash, blob.language) not in known]
            added = add_blobs(target, [self._relaid(blob) for _, blob in fresh])
            ids.update((number, ours) for (number, _), ours in zip(fresh, added, strict=True))
            ids.update(
                (number, known[blob.hash, blob.language].id)
                for number, blob in batch
                if (blob.hash, blob.language) in known
            )
        return ids

    def _relaid(self, blob: NewBlob) -> NewBlob:
        """The same with the layouts of fragments told from the lines that their contents have here."""
        fragments = []
        for fragment in blob.fragments:
            content = fragment.key, fragment.language
            known = content in self._known
            layout = self._layout(content, fragment.layout) if known else fragment.layout
            fragments.append(replace(fragment, layout=layout))
        return replace(blob, fragments=tuple(fragments))

    def _layout(self, content: Identity, packed: bytes | None) -> bytes | None:
        ours = self._previous.fragment(self._known[content]).tokens.lines
        lines: I32
        if packed is not None:
            lines = unpack_layout(packed)
        else:
            lines = relative_lines(self._other.snapshot.fragment(self._theirs[content]).tokens.lines)
        return pack_layout(lines, ours)

    def _write_segments(self, run: int, wanted: set[Identity]) -> tuple[SegmentEntry, ...]:
        """Write the contents that are new here, with the vectors that they have there."""
        embedder, snapshot = self._embedder, self._other.snapshot
        assembly = LocalAssembly(self._folder, embedder, self._options.segment_rows)
        self._progress.stage("merging", "contents", len(wanted))
        for content in sorted(wanted):
            assembly.take_over(*snapshot.locate(self._theirs[content]))
            self._progress.advance(1)
        memory = self._options.memory
        if memory.total is not None:
            memory = replace(memory, rows=len(self._previous) + len(wanted))
        return assembly.write(run, memory, lambda done: None)

    def _publish(
        self, run: int, keys: U8, theirs: Sequence[CorpusRow], added: tuple[SegmentEntry, ...]
    ) -> None:
        other = self._other.snapshot.manifest
        analysis = {str(self._other.root(corpus)): other.analysis[str(corpus.root)] for corpus in theirs}
        started = [one.started for one in (self._manifest, other) if one.started]
        manifest = Manifest(
            snapshot=run,
            segments=(*self._manifest.segments, *added),
            dead=(),
            settings=dict(self._manifest.settings or other.settings),
            started=min(started),  # what changed since either was built is looked at again
            analysis={**self._manifest.analysis, **analysis},
        )
        snapshot = Snapshot(self._folder.path, manifest)
        dead = (~alive_rows(snapshot, keys)).nonzero()[0].tolist()
        if self._options.vectors_in_store:
            from indexer.vectors.pgvector_segments import mirror_vectors  # the search structures, faiss too

            mirror_vectors(self._database, snapshot.segments, self._manifest)
        self._database.require_writer()
        self._folder.publish(replace(manifest, dead=tuple(dead)))
        self._folder.sweep(manifest, self._manifest)


def _indexed(corpora: Sequence[CorpusRow], manifest: Manifest) -> list[CorpusRow]:
    """The corpora that the snapshot holds: a run that failed leaves a name without files."""
    return [corpus for corpus in corpora if str(corpus.root) in manifest.analysis]


def _batches(blobs: Iterator[tuple[int, NewBlob]]) -> Iterator[list[tuple[int, NewBlob]]]:
    batch = []
    for one in blobs:
        batch.append(one)
        if len(batch) == _BLOBS_AT_ONCE:
            yield batch
            batch = []
    yield batch
