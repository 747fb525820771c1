"""The one composition root: wires indexer, retriever and reranker for a set of settings.

Commands and servers talk to this class and to the values of ``codesearch.core``; nothing else builds the
parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from codesearch.core.cores import available_cores
from codesearch.core.errors import IndexFailure
from codesearch.core.memory import give_back_memory
from codesearch.core.protocols import Embedder
from codesearch.core.settings import Settings
from codesearch.core.store.database import Database
from codesearch.core.store.engines import parse_url, sqlite_url
from codesearch.corpora import distinct_paths, named_corpora, require_apart
from codesearch.query.source import ReadOptions, Selection, Source, read_source
from indexer.folder import FOLDER_NAME, IndexFolder
from indexer.parsing.extract import MinimumSize, ParseLimits

if TYPE_CHECKING:
    from sqlalchemy import URL

    from codesearch.audit.context import AuditContext
    from codesearch.audit.options import AuditOptions
    from codesearch.audit.run import Audit
    from codesearch.core.results import Place, QueryResult
    from codesearch.core.status import Difference, IndexStatus
    from codesearch.core.store.feedback import FeedbackStore
    from codesearch.judges import JudgeBench
    from codesearch.query.options import SearchOptions
    from codesearch.query.search import Searcher
    from codesearch.status import SkippedEntry
    from indexer.build import BuildOptions, BuildReport, Progress
    from indexer.segments.snapshot import Snapshot
    from reranker.calibration import Calibration
    from reranker.cascade import Cascade
    from reranker.judge.precedents.memories import Memories
    from reranker.judge.stage import JudgeStage

CALIBRATION = "calibration-1"
KEY_FILE = "signing.key"

_CONTENT_SETTINGS = ("fragments.min_lines", "fragments.min_tokens", "parsing.max_depth")
"""Settings that decide which fragments a content has."""


class Engine:
    """Everything one process needs, each part loaded when it is first used.

    Args:
        settings: Merged settings of all layers.
        user_folder: Where this installation's own files are, the signing key among them.
    """

    def __init__(self, settings: Settings, user_folder: Path) -> None:
        self.settings = settings
        self._user_folder = user_folder

    def at(self, folder: Path) -> Engine:
        """The same engine over another index folder."""
        index = self.settings.index.model_copy(update={"dir": folder})
        return Engine(self.settings.model_copy(update={"index": index}), self._user_folder)

    @cached_property
    def folder(self) -> IndexFolder:
        """The configured index folder, else the nearest at or above the current directory, else one in it."""
        key_file = self.settings.index.key_file or self._user_folder / KEY_FILE
        return IndexFolder(self._index_path(), key_file)

    def _index_path(self) -> Path:
        if self.settings.index.dir is not None:
            return self.settings.index.dir.absolute()
        here = Path.cwd()
        found = (folder / FOLDER_NAME for folder in (here, *here.parents) if (folder / FOLDER_NAME).is_dir())
        return next(found, here / FOLDER_NAME)

    @cached_property
    def embedder(self) -> Embedder:
        """The configured embedder; it remembers what it embedded last."""
        from indexer.embedding.registry import load_embedder  # numpy and the model's files
        from indexer.embedding.remembering import RememberingEmbedder

        embedding = self.settings.embedding
        return RememberingEmbedder(
            load_embedder(
                embedding.model, embedding.device, revision=embedding.revision, batch=embedding.batch
            )
        )

    @cached_property
    def calibration(self) -> Calibration:
        """What was fitted on labelled pairs."""
        from indexer.embedding.registry import model_entry
        from reranker.calibration import load_calibration

        entry = model_entry(CALIBRATION, "calibration")
        entry.verify()
        return load_calibration(entry.folder / "calibration.json")

    @cached_property
    def cascade(self) -> Cascade:
        """The decision cascade with the configured thresholds."""
        from reranker.cascade import Cascade
        from reranker.weights import shipped_weights

        verdict = self.settings.verdict
        return Cascade(
            self.calibration,
            shipped_weights(),
            verdict.clone_threshold,
            verdict.reject_threshold,
        )

    @property
    def feedback(self) -> FeedbackStore:
        """What the user said about pairs; it belongs to the user, not to an index."""
        from codesearch.core.store.feedback import FILE_NAME, FeedbackStore

        return FeedbackStore(self._user_folder / FILE_NAME)

    @property
    def owns_store(self) -> bool:
        """True where the store is a file in the index folder, False where it is a server's."""
        return not self.settings.store.url.get_secret_value()

    def open_database(self) -> Database:
        """The store of an existing index."""
        return Database.open(self._store_url())

    def migrate(self) -> None:
        """Bring the store of an existing index to the schema of this version, as every writer does.

        Raises:
            IndexFailure: There is no index, it is damaged, or written by a newer version.
        """
        self.folder.manifest()
        Database.create(self._store_url()).close()

    def _store_url(self) -> URL:
        url = self.settings.store.url.get_secret_value()
        return parse_url(url) if url else sqlite_url(self.folder.database)

    def index(self, paths: Sequence[Path], progress: Progress, *, embed: bool = True) -> BuildReport:
        """Build or refresh the index with the corpora at these paths.

        Raises:
            InputError: A path is no folder or file, or lies in another one of them.
            IndexFailure: Another process is writing, or the index is damaged.
        """
        from indexer.build import build_index
        from indexer.corpus.reader import FileCorpus

        corpus = self.settings.corpus
        corpora = [
            FileCorpus(
                path.resolve().name or "root",
                path,
                corpus.include,
                corpus.exclude,
                max_bytes=corpus.max_file_bytes,
                use_git=corpus.use_git,
            )
            for path in distinct_paths(paths)
        ]
        embedder = self.embedder if embed else None
        self.folder.create()
        with Database.create(self._store_url()) as database:
            require_apart([corpus.root for corpus in corpora], database)
            return build_index(
                self.folder, database, corpora, embedder, self._build_options(embedder), progress
            )

    def _build_options(self, embedder: Embedder | None) -> BuildOptions:
        from indexer.build import BuildOptions
        from indexer.parsing.revision import analysis_revision
        from indexer.parsing.worker import AnalyseOptions

        parsing = self.settings.parsing
        content = self._content_settings()
        basis = f"{sorted(content.items())} {analysis_revision()}"
        salt = blake2b(basis.encode(), digest_size=16).digest()
        return BuildOptions(
            analyse=AnalyseOptions(
                minimum=self._minimum,
                limits=self._limits,
                max_bytes=self.settings.corpus.max_file_bytes,
                time_limit=parsing.timeout_seconds,
                memory_limit=parsing.memory_mb << 20,
                salt=salt,
            ),
            jobs=parsing.jobs or available_cores(),
            max_small_segments=self.settings.index.max_small_segments,
            settings={**content, "embedding.model": embedder.id if embedder else ""},
        )

    def _content_settings(self) -> dict[str, str | int | float | bool]:
        fragments, parsing = self.settings.fragments, self.settings.parsing
        values = (fragments.min_lines, fragments.min_tokens, parsing.max_depth)
        return dict(zip(_CONTENT_SETTINGS, values, strict=True))

    def audit(
        self, paths: Sequence[Path], options: AuditOptions, progress: Progress, *, target: str = ""
    ) -> Audit:
        """Clone classes of corpora, with what is new in them and whether the gate lets them pass.

        Args:
            paths: The corpora, or one folder or file in a corpus; none for all that are indexed, or the
                current folder where nothing is.
            options: What is wanted.
            progress: Hears how far it is.
            target: What is audited, in the user's words, for the history.

        Raises:
            InputError: A path, the baseline, the accepted classes or the revision cannot be used.
            IndexFailure: The index cannot be used.
            MissingExtra: The libraries of the configured judge, who is to be asked, are not installed.
            ConfigError: A setting of that judge does not fit.
        """
        from codesearch.audit.gate import check_conditions
        from codesearch.audit.lock import auditing
        from codesearch.audit.run import run_audit
        from codesearch.audit.scope import audit_scope
        from codesearch.core.results import CloneType
        from reranker.judge.stage import NOT_CONFIGURED

        compared = options.baseline is not None or options.since is not None
        check_conditions(options.conditions, compared=compared)
        rejected = self.feedback.rejected()  # before any work is done
        wanted = CloneType.T4 in options.types
        self.folder.create()
        with auditing(self.folder.path):
            indexed = list(self.corpus_roots().values()) if self.folder.exists() else []
            scope = audit_scope(paths, options, indexed)
            degraded: set[str] = set()
            if options.refresh:
                embed = wanted or self._keeps_vectors()
                degraded.update(self.index(scope.indexed, progress, embed=embed).degraded)
                give_back_memory()
            semantic = wanted and self._keeps_vectors()
            judge = self.settings.judge
            judged = wanted or judge.always
            if judged:
                degraded.update(self._degraded())
            elif judge.kind in {"llm", "local"} and not judge.model:
                degraded.add(NOT_CONFIGURED)
            if wanted and not semantic:
                degraded.add("dense:no-embeddings")
            progress.stage("comparing", "fragments")
            with self.open_database() as database:
                context = self._audit_context(scope.roots, database, semantic=semantic, judged=judged)
                words = target or ", ".join(map(str, paths or scope.roots))
                return run_audit(replace(context, target=words, rejected=rejected), scope.options, degraded)

    def last_audit(self) -> Audit:
        """The classes of the last audit, with nothing hidden.

        Raises:
            IndexFailure: There is no index.
            InputError: Nothing was audited.
        """
        from codesearch.audit.run import last_audit

        with self.open_database() as database:
            return last_audit(self._audit_context(list(self.corpus_roots().values()), database))

    def _audit_context(
        self, roots: Sequence[Path], database: Database, *, semantic: bool = False, judged: bool = False
    ) -> AuditContext:
        from codesearch.audit.classes.finding import Judges
        from codesearch.audit.context import AuditContext
        from codesearch.audit.judged_by import judge_digest
        from indexer.embedding.registry import model_entry
        from reranker.judge.precedents.memories import PRECEDENTS
        from reranker.text_rating import TextRating

        snapshot = self.folder.open()
        judged_by = list(model_entry(CALIBRATION, "calibration").files.values())
        if semantic:
            cascade = self.cascade
            judged_by += [self.embedder.id, f"{cascade.clone_threshold} {cascade.reject_threshold}"]
        if judged:
            judged_by += model_entry(PRECEDENTS, "precedents").files.values()
            judged_by.append(judge_digest(self.settings.judge, self.feedback.precedents()))
        return AuditContext(
            snapshot=snapshot,
            database=database,
            folder=self.folder.path,
            corpora=named_corpora(roots, database),
            target="",
            judges=Judges(
                TextRating(self.calibration),
                self.cascade if semantic else None,
                self._judges(snapshot, database) if judged else None,
            ),
            judged_by=tuple(judged_by),
            max_bytes=self.settings.corpus.max_file_bytes,
            limits=self._limits,
        )

    def _keeps_vectors(self) -> bool:
        """Whether the index has embeddings, so that what changed needs some too."""
        return self.folder.exists() and bool(self.folder.manifest().settings.get("embedding.model"))

    def differences(self) -> tuple[Difference, ...]:
        """Settings that differ from those the index was built with.

        Raises:
            IndexFailure: There is no index.
        """
        from codesearch.core.status import Difference
        from indexer.embedding.registry import embedder_id

        built = dict(self.folder.manifest().settings)
        if not built.get("embedding.model"):
            built.pop("embedding.model", None)  # left out on purpose; every answer says so
        model = embedder_id(self.settings.embedding.model, self.settings.embedding.revision)
        now = {**self._content_settings(), "embedding.model": model}
        return tuple(
            Difference(key, built[key], value) for key, value in now.items() if built.get(key, value) != value
        )

    @property
    def _minimum(self) -> MinimumSize:
        return MinimumSize(self.settings.fragments.min_lines, self.settings.fragments.min_tokens)

    @property
    def _limits(self) -> ParseLimits:
        return ParseLimits(self.settings.parsing.max_depth)

    def read(self, selection: Selection, language: str | None = None, *, whole: bool = False) -> Source:
        """Read what the user names; ``whole`` lifts the minimum size.

        Raises:
            InputError: It cannot be read, or holds nothing to compare.
        """
        return read_source(selection, ReadOptions.of(self.settings, language, whole=whole))

    def searcher(self) -> Searcher:
        """A searcher over the index as it is now.

        Raises:
            IndexFailure: There is no index, or it cannot be used.
        """
        from codesearch.query.search import Searcher
        from retriever.candidates import open_retriever

        snapshot = self.folder.open()
        if not len(snapshot):
            raise IndexFailure(
                f"the index {self.folder.path} holds no fragments", "index a corpus with code in it"
            )
        weights = self.settings.retrieval.weights.model_dump()
        embedder = self.embedder if _has_vectors(snapshot) else None
        retriever = open_retriever(snapshot, embedder, weights)
        database = self.open_database()
        judges = self._judges(snapshot, database)
        return Searcher(snapshot, database, retriever, self.embedder, self.cascade, judges)

    def _judges(self, snapshot: Snapshot, database: Database) -> Callable[[], JudgeStage]:
        """Makes those who judge pairs of an index for one question, or one audit."""
        from reranker.judge.asking.verdict_cache import StoreCache
        from reranker.judge.context.corpus import IndexedCorpus
        from reranker.judge.context.gather import ContextSource

        corpus = IndexedCorpus(snapshot, database)
        context = ContextSource(corpus, self._source_reader(database))
        cache = StoreCache(database)
        return lambda: self._bench.stage(context, cache)

    @cached_property
    def _bench(self) -> JudgeBench:
        from codesearch.judges import JudgeBench

        settings = self.settings
        return JudgeBench(
            settings.judge,
            self.cascade,
            self.embedder,
            self.feedback,
            self._user_folder,
            settings.embedding.device,
        )

    def _source_reader(self, database: Database) -> Callable[[Place], bytes | None]:
        """Reads files of indexed corpora as they are now: UTF-8 with line feeds, None where that fails."""
        from codesearch.core.store.corpora import read_corpora
        from indexer.corpus.reread import reread_member

        with database.read() as connection:
            roots = {corpus.name: corpus.root for corpus in read_corpora(connection)}
        most = self.settings.corpus.max_file_bytes

        def read(place: Place) -> bytes | None:
            root = roots.get(place.corpus)
            return None if root is None else reread_member(root, place.path, most)

        return read

    def query(self, source: Source, searcher: Searcher, options: SearchOptions) -> QueryResult:
        """Search an index for clones of a source."""
        from codesearch.core.results import QueryResult

        found = searcher.search(source, options)
        degraded = {*source.degraded, *self._degraded(), *found.degraded}
        if not _has_vectors(searcher.snapshot):
            degraded.add("dense:no-embeddings")
        return QueryResult(
            path=source.path,
            language=source.language.id,
            fragments=len(source.fragments),
            results=found.results,
            degraded=tuple(sorted(degraded)),
            timing_ms=found.timing_ms,
        )

    def compare(self, first: Source, second: Source, *, judge: bool = True) -> QueryResult:
        """Compare two sources without an index; without ``judge`` nobody but the user is asked."""
        from codesearch.query.compare import compare_sources

        judges = self.judges_of_pairs() if judge else self.judges_of_pairs().of_the_user
        result = compare_sources(first, second, self.embedder, self.cascade, judges)
        degraded = {*result.degraded, *self._degraded(), *judges.degraded}
        return replace(result, degraded=tuple(sorted(degraded)))

    def memories(self) -> Memories:
        """What is remembered of labelled pairs, the shipped ones and the user's verdicts as they are now."""
        return self._bench.memories()

    def judges_of_pairs(self) -> JudgeStage:
        """Who judges pairs that come from no index: nothing is known of what stands around them."""
        from reranker.judge.asking.verdict_cache import NoCache
        from reranker.judge.context.corpus import NO_INDEX
        from reranker.judge.context.gather import ContextSource

        return self._bench.stage(ContextSource(NO_INDEX, lambda place: None), NoCache())

    def require_precision(self, precision: float) -> None:
        """Call a pair a clone only where held-out candidates reached this precision.

        Raises:
            InputError: The shipped calibration reaches no such precision.
        """
        self.cascade.require_precision(precision)

    def corpus_roots(self) -> dict[str, Path]:
        """Root of every indexed corpus by name."""
        from codesearch.core.store.corpora import read_corpora

        with self.open_database() as database, database.read() as connection:
            return {corpus.name: corpus.root for corpus in read_corpora(connection)}

    def status(self) -> IndexStatus:
        """What the index holds.

        Raises:
            IndexFailure: There is no index, or it cannot be used.
        """
        from codesearch.status import index_status

        differences = self.differences()  # first: it tells a missing index from a missing store
        with self.open_database() as database:
            return index_status(self.folder, database, differences)

    def skipped_files(self) -> tuple[SkippedEntry, ...]:
        """Every file that the index saw and did not analyse, by corpus and path.

        Raises:
            IndexFailure: There is no index, or it cannot be used.
        """
        from codesearch.status import skipped_entries

        manifest = self.folder.manifest()
        with self.open_database() as database:
            return skipped_entries(manifest, database)

    def _degraded(self) -> Iterable[str]:
        """What the models of an installation do not fit."""
        if self.cascade.calibration.embedder != self.embedder.id:
            yield "calibration:other-embedder"


def _has_vectors(snapshot: Snapshot) -> bool:
    """False when the index was built without embeddings."""
    return all(entry.model for entry in snapshot.manifest.segments)
