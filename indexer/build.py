"""The index run: corpora in, one new snapshot out, and everything that did not change left alone."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection

from codesearch import __version__
from codesearch.core.errors import InputError
from codesearch.core.protocols import CorpusReader, Embedder, SkippedFile, SourceFile
from codesearch.core.store.contents import NewBlob, NewFragment, add_blobs, known_blobs
from codesearch.core.store.corpora import ensure_corpus, read_corpora
from codesearch.core.store.counts import SnapshotCounts, count_snapshot
from codesearch.core.store.database import Database
from codesearch.core.store.files import NewFile, add_files, files_at, remove_files
from codesearch.core.store.globs import NamedGlobs, keep_globs
from codesearch.core.store.history import (
    begin_run,
    collect_garbage,
    finish_run,
    forget_after,
    read_runs,
)
from codesearch.core.store.occurrences import live_keys
from codesearch.core.store.snapshot import Snapshot as StoreSnapshot
from codesearch.core.types import U8, Fragment, Role
from indexer.changes import CorpusChanges
from indexer.corpus.ledger import LedgerMismatch
from indexer.corpus.names import display_path
from indexer.folder import IndexFolder
from indexer.parsing.worker import AnalysedFile, AnalyseOptions, UnchangedFile
from indexer.segments.manifest import Manifest
from indexer.segments.ranges import SEGMENT_ROWS
from indexer.segments.snapshot import Snapshot
from indexer.segments.writer import SegmentWriter, alive_rows
from indexer.shared_store import writing
from indexer.stages import LocalStages, Stages
from indexer.vectors.memory import UNBOUNDED, VectorMemory

EMPTY = Manifest(snapshot=0, segments=(), dead=(), settings={}, started="")


class Progress(Protocol):
    """Hears how far a run is."""

    def stage(self, label: str, unit: str, total: int | None = None) -> None:
        """A stage begins and the one before it has ended; ``total`` is what it has to do, when known."""
        ...

    def advance(self, done: int) -> None:
        """So many more units are done."""
        ...


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """How to build.

    Attributes:
        analyse: What the parser processes keep and may cost.
        jobs: Number of parser processes.
        max_small_segments: Small segments kept before they are merged.
        settings: The settings that contents depend on. Those that decide about fragments go into the salt of
            ``analyse``, and when this changes, every file of the corpora that are named is analysed again.
        vectors_in_store: Whether the store gets the vectors too.
        segment_rows: Contents of one segment at most.
        memory: What searching the vectors may take.
        named: The globs that the user named for this run, which later runs keep to; None where none were.
    """

    analyse: AnalyseOptions
    jobs: int
    max_small_segments: int
    settings: Mapping[str, str | int | float | bool]
    vectors_in_store: bool = False
    segment_rows: int = SEGMENT_ROWS
    memory: VectorMemory = UNBOUNDED
    named: NamedGlobs | None = None


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a run did.

    Attributes:
        snapshot: Number of the snapshot that is current now.
        counts: What it holds: all corpora of the index.
        analysed: Files that were read and parsed now.
        embedded: Contents whose vectors were computed now.
        reused: Fragments whose content was there already.
        seconds: By stage: ``read``, ``parse``, ``embed``, ``total``.
        degraded: What did not go as configured, in alphabetical order.
        changed_settings: Keys that differ from those of the last run.
    """

    snapshot: int
    counts: SnapshotCounts
    analysed: int
    embedded: int
    reused: int
    seconds: Mapping[str, float]
    degraded: tuple[str, ...]
    changed_settings: tuple[str, ...]


def build_index(
    folder: IndexFolder,
    database: Database,
    corpora: Sequence[CorpusReader],
    embedder: Embedder | None,
    options: BuildOptions,
    progress: Progress,
    stages: Stages | None = None,
) -> BuildReport:
    """Refresh an index so that it holds the corpora as they are now; other corpora in it stay.

    Files whose size and time are those of the last run are not opened, contents known by their hash are
    not parsed, fragments known by their key are not embedded. The new state becomes visible by one rename
    at the very end. ``stages`` do the costly work, on this machine without any.

    Raises:
        IndexFailure: Another process is writing, or the index is damaged.
    """
    with writing(folder, database):
        here = LocalStages(options.analyse, options.jobs, folder, embedder, options.segment_rows)
        return _Run(folder, database, options, progress, stages or here).execute(corpora)


@dataclass(frozen=True, slots=True)
class _File:
    """An analysed file without its tokens, which would fill the memory of a long run."""

    path: str
    size: int
    modified_ns: int
    content: tuple[bytes, str]
    role: Role
    rule: str

    @classmethod
    def of(cls, file: AnalysedFile) -> _File:
        content = file.content_hash, file.language
        return cls(file.path, file.size, file.modified_ns, content, file.role, file.rule)

    def row(self, blob_id: int) -> NewFile:
        """Its row in the store."""
        return NewFile(self.path, self.size, self.modified_ns, blob_id, self.content[1], self.role, self.rule)


def _previous(folder: IndexFolder, database: Database) -> Snapshot:
    """The current snapshot; an empty one when there is none, or when the store that belongs to it was lost.

    Raises:
        IndexFailure: It is damaged.
    """
    empty = Snapshot(folder.path, EMPTY)
    if not folder.exists():
        return empty
    snapshot = folder.open()
    with database.read() as connection:
        known = {run.id for run in read_runs(connection)}
    return snapshot if snapshot.manifest.snapshot in known else empty


def _require_complete(change: CorpusChanges, held: int) -> None:
    """Every file that the corpus lists is in the ledger, which holds ``held`` of its files.

    Raises:
        LedgerMismatch: One was lost, which is a defect; the run is undone.
    """
    if held != change.seen:
        raise LedgerMismatch(
            f"corpus '{change.reader.name}' lists {change.seen} files, the ledger holds {held}",
            "please report this with the command you ran",
        )


class _Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self.seconds = dict.fromkeys(("read", "parse", "embed"), 0.0)

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Count the block's time to a stage."""
        started = time.perf_counter()
        yield
        self.seconds[stage] += time.perf_counter() - started

    def report(self) -> dict[str, float]:
        """All stages and the total, rounded to ms."""
        total = time.perf_counter() - self._started
        return {name: round(value, 3) for name, value in {**self.seconds, "total": total}.items()}


class _Run:
    """One run; holds what its stages share."""

    def __init__(
        self,
        folder: IndexFolder,
        database: Database,
        options: BuildOptions,
        progress: Progress,
        stages: Stages,
    ) -> None:
        self._clock = _Clock()
        self._started = datetime.now(UTC).isoformat(timespec="microseconds")
        self._folder = folder
        self._database = database
        self._options = options
        self._progress = progress
        self._previous = _previous(folder, database)
        self._manifest = self._previous.manifest
        self._salt = options.analyse.salt.hex()
        self._settings_changed = tuple(
            key for key, value in options.settings.items() if self._manifest.settings.get(key, value) != value
        )
        self._stages = stages
        self._writer = SegmentWriter(self._previous, stages.assembly(), options.segment_rows, options.memory)
        self._blobs: dict[tuple[bytes, str], NewBlob] = {}
        self._analysed = 0
        self._degraded: set[str] = set()

    def execute(self, corpora: Sequence[CorpusReader]) -> BuildReport:
        """All stages in order."""
        self._recover()
        with self._clock.measure("read"):
            changes, pending = self._list(self._compare(corpora))
        with self._clock.measure("parse"):
            self._progress.stage("analysing", "files", sum(map(len, pending)))
            contents = [self._analyse(change, files) for change, files in zip(changes, pending, strict=True)]
        changed = any(contents) or any(change.any for change in changes)
        if self._manifest.snapshot and not changed and not self._is_stale():
            self._mirror(self._previous)
            if self._options.named is not None:
                with self._database.write() as connection:
                    self._keep_globs(connection, self._manifest.snapshot, changes)
            with self._database.read() as connection:
                counts = count_snapshot(StoreSnapshot(connection, self._manifest.snapshot))
            if any(change.confirmed for change in changes):
                # What was compared by content now need not be again.
                self._folder.publish(replace(self._manifest, started=self._started))
            return self._report(self._manifest.snapshot, counts)
        with self._database.write() as connection:
            run, counts, keys = self._store(connection, changes, contents)
        # Only what is committed may be published; a run that dies in between is undone by the next one.
        self._publish(run, keys, [change.reader.root for change in changes if self._is_whole(change)])
        return self._report(run, counts)

    def _recover(self) -> None:
        """Undo what a run that died before its publication had written to the store."""
        with self._database.write() as connection:
            forget_after(connection, self._manifest.snapshot)
            collect_garbage(connection, self._manifest.snapshot)

    def _is_whole(self, change: CorpusChanges) -> bool:
        """True when the run saw every file that the index holds below the corpus's root."""
        known = self._manifest.analysis
        return str(change.reader.root) not in known or change.whole

    def _is_stale(self) -> bool:
        """True when segments have to be written again although no file changed, as with another model."""
        kept = self._writer.staying(self._previous.live, self._options.max_small_segments)
        return len(kept) < len(self._previous.segments)

    def _compare(self, corpora: Sequence[CorpusReader]) -> list[CorpusChanges]:
        with self._database.read() as connection:
            ids = {corpus.root: corpus.id for corpus in read_corpora(connection)}
            store = StoreSnapshot(connection, self._manifest.snapshot)
            started = self._manifest.started
            since = int(datetime.fromisoformat(started).timestamp() * 1e9) if started else 0
            known = {root: files_at(store, number) for root, number in ids.items()}
            return [
                CorpusChanges(
                    reader=corpus,
                    known={p: state for p, state in known.get(corpus.root, {}).items() if corpus.covers(p)},
                    trusted=self._manifest.analysis.get(str(corpus.root)) == self._salt,
                    since_ns=since,
                )
                for corpus in corpora
            ]

    def _list(self, compared: Sequence[CorpusChanges]) -> tuple[list[CorpusChanges], list[list[SourceFile]]]:
        """The corpora that have files, or had some, and the files of each that have to be opened, in path
        order; of a corpus that is new and empty there is nothing to keep.

        Raises:
            InputError: All corpora are new and empty, so their paths are hardly what was meant.
        """
        changes, pending = [], []
        for change in compared:
            files = list(change.pending())
            if change.seen or str(change.reader.root) in self._manifest.analysis:
                changes.append(change)
                pending.append(files)
                self._degraded.update(change.reader.notes)
            else:
                self._degraded.add(f"empty:{display_path(change.reader.name)}")
        if compared and not changes:
            raise InputError(
                f"{display_path(str(compared[0].reader.root))} holds no files",
                "name a folder with source code in it",
            )
        return changes, pending

    def _analyse(self, change: CorpusChanges, pending: Iterable[SourceFile]) -> list[_File]:
        """Analyse what changed in a corpus; contents go to the writer, the files come back in path order."""
        done: list[_File] = []
        with closing(self._stages.analyse(pending)) as results:
            for result in results:
                self._progress.advance(1)
                match result:
                    case SkippedFile():
                        change.skip(result)
                    case UnchangedFile():
                        change.keep(result.path, result.size, result.modified_ns)
                    case AnalysedFile():
                        self._analysed += 1
                        self._degraded.update(result.degraded)
                        self._take(result)
                        done.append(_File.of(result))
        return done

    def _take(self, file: AnalysedFile) -> None:
        """Hand a file's fragments to the writer, once per distinct content."""
        identity = (file.content_hash, file.language)
        if identity in self._blobs:
            return
        fragments = []
        for span, (exact, renamed) in zip(file.parsed.spans, file.keys, strict=True):
            tokens = file.parsed.tokens.cut(span.first, span.last)
            layout = self._writer.add(Fragment(file.language, tokens, exact, renamed))
            fragments.append(
                NewFragment(
                    exact,
                    file.language,
                    span.kind,
                    span.name,
                    span.container,
                    span.start_line,
                    span.end_line,
                    layout,
                )
            )
        self._blobs[identity] = NewBlob(
            hash=file.content_hash,
            language=file.language,
            encoding=file.encoding,
            lines=file.lines,
            tokens=len(file.parsed.tokens),
            damaged=file.parsed.damaged,
            role_by_content=None,
            fragments=tuple(fragments),
        )

    def _store(
        self,
        connection: Connection,
        changes: Sequence[CorpusChanges],
        contents: Sequence[Sequence[_File]],
    ) -> tuple[int, SnapshotCounts, U8]:
        """Write the rows of a new snapshot; returns its number, counts and live content keys."""
        run = begin_run(connection, __version__)
        store = StoreSnapshot(connection, run)
        ids = {name: blob.id for name, blob in known_blobs(connection, (h for h, _ in self._blobs)).items()}
        fresh = [identity for identity in self._blobs if identity not in ids]
        ids.update(zip(fresh, add_blobs(connection, [self._blobs[name] for name in fresh]), strict=True))
        for change, files in zip(changes, contents, strict=True):
            for file in files:
                change.put(file.row(ids[file.content]))
            corpus = ensure_corpus(connection, change.reader.name, change.reader.root)
            others = count_snapshot(store, corpus.id).seen - len(change.known)
            remove_files(connection, run, change.replaced)
            add_files(connection, run, corpus.id, change.fresh)
            _require_complete(change, count_snapshot(store, corpus.id).seen - others)
        self._keep_globs(connection, run, changes)
        counts = count_snapshot(store)
        finish_run(
            connection, run, {"files": counts.seen, "fragments": counts.fragments, "lines": counts.lines}
        )
        return run, counts, live_keys(store)

    def _keep_globs(self, connection: Connection, run: int, changes: Sequence[CorpusChanges]) -> None:
        """Keep the globs of this run for the next ones; those of a single file say nothing of its folder."""
        named = self._options.named
        if named is not None:
            keep_globs(connection, run, {change.reader.root: named for change in changes if change.whole})

    def _publish(self, run: int, keys: U8, roots: Iterable[Path]) -> None:
        """Write the new segments and make the snapshot current."""
        with self._clock.measure("embed"):
            entries = self._writer.absorb(alive_rows(self._previous, keys), self._options.max_small_segments)
            self._progress.stage("embedding", "fragments", self._writer.pending)
            added = self._writer.write(run, self._progress.advance)
        manifest = Manifest(
            snapshot=run,
            segments=(*entries, *added),
            dead=(),
            settings=dict(self._options.settings),
            started=self._started,
            analysis={**self._manifest.analysis, **{str(root): self._salt for root in roots}},
        )
        snapshot = Snapshot(self._folder.path, manifest)
        dead = (~alive_rows(snapshot, keys)).nonzero()[0].tolist()
        self._mirror(snapshot)
        self._database.require_writer()
        self._folder.publish(replace(manifest, dead=tuple(dead)))
        self._folder.sweep(manifest, self._manifest)

    def _mirror(self, snapshot: Snapshot) -> None:
        """Give the store the vectors that it lacks; readers of the snapshot before keep theirs."""
        if self._options.vectors_in_store:
            from indexer.vectors.pgvector_segments import mirror_vectors  # the search structures, faiss too

            mirror_vectors(self._database, snapshot.segments, self._manifest)

    def _report(self, snapshot: int, counts: SnapshotCounts) -> BuildReport:
        return BuildReport(
            snapshot=snapshot,
            counts=counts,
            analysed=self._analysed,
            embedded=self._writer.embedded,
            reused=self._writer.reused,
            seconds=self._clock.report(),
            degraded=tuple(sorted(self._degraded)),
            changed_settings=self._settings_changed,
        )
