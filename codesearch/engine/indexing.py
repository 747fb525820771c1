"""What changes an index, and what is made of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from codesearch.core.cores import available_cores
from codesearch.core.protocols import Embedder
from codesearch.core.store.database import Database
from codesearch.core.store.globs import NONE_NAMED, Globs, NamedGlobs, read_globs
from codesearch.corpora import distinct_paths, require_apart
from codesearch.engine.parts import CALIBRATION, Parts
from codesearch.sources.shelf import SourceShelf

if TYPE_CHECKING:
    from codesearch.core.status import Difference
    from codesearch.packs.writing import PackReport
    from codesearch.sources.fetch import Fetched
    from codesearch.sources.spec import CorpusSource
    from indexer.build import BuildOptions, BuildReport, Progress
    from indexer.corpus.reader import FileCorpus
    from indexer.memory_plan import MemoryPlan
    from indexer.merge import MergeReport
    from indexer.removal import RemovalReport
    from indexer.stages import Stages

_CONTENT_SETTINGS = ("fragments.min_lines", "fragments.min_tokens", "parsing.max_depth")
"""Settings that decide which fragments a content has."""


class Indexing(Parts):
    """Builds, refreshes and merges."""

    def index(self, paths: Sequence[Path], progress: Progress, *, embed: bool = True) -> BuildReport:
        """Build or refresh the index with the corpora at these paths.

        Of a corpus those files are read that this run names, else those that the last run that named some
        did (:meth:`NamedGlobs.over`).

        Raises:
            InputError: A path is no folder or file, or lies in another one of them.
            UsageError: A glob is none.
            IndexFailure: Another process is writing, or the index is damaged.
        """
        from indexer.build import build_index
        from indexer.shared_store import require_own

        shelf = SourceShelf.of_index(self.folder.path)
        distinct = distinct_paths(paths, shelf.path)
        settings = Globs(self.settings.corpus.include, self.settings.corpus.exclude)
        named = NamedGlobs(self._globs, settings)
        # Before anything is written; what an index keeps is read once it is known to be ours.
        roots = [self._corpus(path, shelf, named.over(settings)).root for path in distinct]
        embedder = self.embedder if embed else None
        self.folder.create()
        with Database.create(self._store_url()) as database:
            require_own(self.folder, database)
            require_apart(roots, database, shelf.path)
            current = self.folder.manifest().snapshot if self.folder.exists() else 0
            with database.read() as connection:
                kept = {} if self._globs else read_globs(connection, current)
            globs = [named if self._globs else kept.get(root, NONE_NAMED) for root in roots]
            corpora = [
                self._corpus(path, shelf, one.over(settings))
                for path, one in zip(distinct, globs, strict=True)
            ]
            options = self._build_options(embedder, named if self._globs else None)
            with self._stages(options, roots) as stages:
                return build_index(self.folder, database, corpora, embedder, options, progress, stages)

    def _corpus(self, path: Path, shelf: SourceShelf, globs: Globs) -> FileCorpus:
        from indexer.corpus.reader import FileCorpus

        corpus = self.settings.corpus
        return FileCorpus(
            path.resolve().name or "root",
            path,
            globs.include,
            globs.exclude,
            max_bytes=corpus.max_file_bytes,
            use_git=not shelf.holds(path) and corpus.use_git,  # git around it knows nothing of it
        )

    def fetch(self, sources: Sequence[CorpusSource], progress: Progress) -> Fetched:
        """Make folders of archives and git URLs, for :meth:`index`; what did not change stays as it is.

        Raises:
            IndexFailure: Another process is fetching.
            EnvironmentFailure: The index folder cannot be written.
        """
        from codesearch.sources.fetch import fetch_sources
        from codesearch.sources.spec import SourceKind
        from codesearch.sources.tree import UnpackLimits

        bounds = self.settings.sources
        limits = UnpackLimits(bounds.max_bytes, bounds.max_members, bounds.max_ratio)
        shelf = SourceShelf.of_index(self.folder.path)
        if any(source.kind is not SourceKind.FOLDER for source in sources):
            self.folder.create()
        return fetch_sources(shelf, sources, limits, bounds.timeout_seconds, progress)

    def _stages(self, options: BuildOptions, roots: Sequence[Path]) -> AbstractContextManager[Stages | None]:
        """Who does the costly stages of an index run: None for this machine."""
        if self.settings.cluster.engine == "local":
            return nullcontext()
        from codesearch.distributed.embedding import ModelChoice
        from codesearch.distributed.indexing import IndexJob, index_stages

        embedding = self.settings.embedding
        model_id = str(options.settings["embedding.model"])
        choice = ModelChoice(
            embedding.model, embedding.revision, embedding.device, embedding.batch, embedding.dimensions
        )
        job = IndexJob(
            self.folder, options.analyse, choice if model_id else None, model_id, options.segment_rows
        )
        return index_stages(self.settings.cluster, job, roots)

    def remove(self, corpora: Sequence[str]) -> RemovalReport:
        """Remove corpora from the index, by name.

        Raises:
            InputError: No corpus has one of the names.
            IndexFailure: There is no index, it cannot be used, or another process is writing.
        """
        from indexer.removal import remove_from_index
        from indexer.shared_store import require_own

        self.folder.manifest()
        with Database.create(self._store_url()) as database:
            require_own(self.folder, database)
            report = remove_from_index(self.folder, database, corpora)
        SourceShelf.of_index(self.folder.path).discard(report.roots)
        return report

    def merge(self, other: Path, progress: Progress) -> MergeReport:
        """Take the corpora of another index folder, or of a pack, into the index.

        Raises:
            InputError: There is nothing at the path, or what is there cannot be merged.
            IndexFailure: Another process is writing, an index is damaged, or the two do not fit together.
        """
        from codesearch.core.store.corpora import read_corpora
        from codesearch.packs.merging import opened_other
        from codesearch.packs.trust import TrustStore
        from codesearch.query.searched_index import has_vectors
        from indexer.merge import merge_index
        from indexer.shared_store import require_own

        with opened_other(other, TrustStore(self._user_folder), self.folder) as opened:
            self.folder.create()
            with Database.create(self._store_url()) as database:
                require_own(self.folder, database)
                with opened.database.read() as connection:
                    require_apart([opened.root(corpus) for corpus in read_corpora(connection)], database)
                embedder = self.embedder if has_vectors(opened.snapshot) else None
                options = self._build_options(embedder)
                return merge_index(self.folder, database, opened, embedder, options, progress)

    def pack(
        self, target: Path, corpora: Sequence[str], progress: Progress, *, source: bool, licence: str
    ) -> PackReport:
        """Write corpora of the index, all without any, into a signed pack.

        Raises:
            InputError: A corpus cannot be packed, or the file cannot be called so.
            IndexFailure: There is no index, or it cannot be used.
            EnvironmentFailure: The user's key cannot be used.
            MissingExtra: The library for signatures is not installed.
        """
        from codesearch.packs.signing import own_signer
        from codesearch.packs.writing import PackOptions, pack_name, write_pack
        from reranker.weights import shipped_weights

        most = self.settings.corpus.max_file_bytes
        options = PackOptions(pack_name(target), corpora, source, licence, CALIBRATION, most)
        snapshot = self.folder.open()
        signer = own_signer(self._user_folder)
        with self.open_database() as database, database.read() as connection:
            return write_pack(target, snapshot, connection, options, shipped_weights(), signer, progress)

    def _build_options(self, embedder: Embedder | None, named: NamedGlobs | None = None) -> BuildOptions:
        from indexer.build import BuildOptions
        from indexer.parsing.revision import analysis_salt
        from indexer.parsing.worker import AnalyseOptions

        parsing = self.settings.parsing
        plan = self._memory_plan()
        content = self._content_settings()
        return BuildOptions(
            analyse=AnalyseOptions(
                minimum=self._minimum,
                limits=replace(self._limits, seconds=None),
                max_bytes=self.settings.corpus.max_file_bytes,
                time_limit=parsing.timeout_seconds,
                memory_limit=plan.parser_bytes,
                salt=analysis_salt(content),
            ),
            jobs=plan.jobs,
            max_small_segments=self.settings.index.max_small_segments,
            settings={**content, "embedding.model": embedder.id if embedder else ""},
            vectors_in_store=self._vectors_in_store,
            segment_rows=plan.segment_rows,
            memory=plan.vectors,
            named=named,
        )

    def _memory_plan(self) -> MemoryPlan:
        """What the parts of a build may take.

        Raises:
            ConfigError: The memory is too little.
        """
        from indexer.memory_plan import MemoryPlan

        parsing, index = self.settings.parsing, self.settings.index
        plan = MemoryPlan(parsing.jobs or available_cores(), parsing.memory_mb << 20, index.segment_rows)
        return plan if index.memory is None else plan.within(index.memory)

    def _content_settings(self) -> dict[str, str | int | float | bool]:
        fragments, parsing = self.settings.fragments, self.settings.parsing
        values = (fragments.min_lines, fragments.min_tokens, parsing.max_depth)
        return dict(zip(_CONTENT_SETTINGS, values, strict=True))

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
        embedding = self.settings.embedding
        model = embedder_id(embedding.model, embedding.revision, embedding.dimensions)
        now = {**self._content_settings(), "embedding.model": model}
        return tuple(
            Difference(key, built[key], value) for key, value in now.items() if built.get(key, value) != value
        )
