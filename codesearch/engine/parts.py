"""Where the index is, and the models that its answers come from."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from codesearch.core.errors import ConfigError, IndexFailure
from codesearch.core.protocols import Embedder
from codesearch.core.settings import Settings
from codesearch.core.store.database import Database
from codesearch.core.store.engines import parse_url, sqlite_url
from codesearch.core.store.globs import NO_GLOBS, Globs
from indexer.folder import FOLDER_NAME, IndexFolder
from indexer.parsing.extract import MinimumSize
from indexer.parsing.limits import ParseLimits

if TYPE_CHECKING:
    from sqlalchemy import URL

    from codesearch.core.device import Device
    from codesearch.core.store.feedback import FeedbackStore
    from codesearch.judges import JudgeBench
    from codesearch.packs.shelf import PackShelf
    from reranker.calibration import Calibration
    from reranker.cascade import Cascade
    from reranker.judge.precedents.memories import Memories
    from reranker.judge.stage import JudgeStage

CALIBRATION = "calibration-1"
KEY_FILE = "signing.key"


class Parts:
    """What every capability is made of, each part loaded when it is first used.

    Args:
        settings: Merged settings of all layers.
        user_folder: Where this installation's own files are, the signing key among them.
        globs: What files of corpora the user named for this run, in place of those of the settings; runs
            that follow keep to them.
    """

    def __init__(self, settings: Settings, user_folder: Path, globs: Globs = NO_GLOBS) -> None:
        self.settings = settings
        self._user_folder = user_folder
        self._globs = globs
        self._visible: frozenset[str] | None = None

    def limited_to(self, corpora: frozenset[str]) -> Self:
        """The same engine for somebody who sees some corpora of the index only; its models are shared."""
        _ = self.embedder, self.cascade, self._bench  # loaded once, for both
        limited = copy(self)
        limited._visible = corpora
        return limited

    def at(self, folder: Path) -> Self:
        """The same engine over another index folder."""
        index = self.settings.index.model_copy(update={"dir": folder})
        return type(self)(self.settings.model_copy(update={"index": index}), self._user_folder, self._globs)

    @cached_property
    def folder(self) -> IndexFolder:
        """The configured index folder, else the nearest at or above the current directory, else one in it."""
        key_file = self.settings.index.key_file or self._user_folder / KEY_FILE
        return IndexFolder(self._index_path(), key_file)

    def _index_path(self) -> Path:
        if self.settings.index.dir is not None:
            if self.settings.index.dir.is_file():
                raise IndexFailure(
                    f"{self.settings.index.dir} is a file, not an index folder", "a pack is named with --with"
                )
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
                embedding.model,
                embedding.device,
                revision=embedding.revision,
                batch=embedding.batch,
                dimensions=embedding.dimensions,
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

    @property
    def owns_store(self) -> bool:
        """True where the store is a file in the index folder, False where it is a server's."""
        return not self.settings.store.url.get_secret_value()

    def open_database(self) -> Database:
        """The store of an existing index.

        Raises:
            IndexFailure: There is none, it cannot be used, or it is that of another index.
            EnvironmentFailure: It cannot be reached.
        """
        from indexer.shared_store import require_fitting

        database = Database.open(self._store_url())
        try:
            require_fitting(self.folder, database)
        except BaseException:
            database.close()
            raise
        return database if self._visible is None else database.limited_to(self._visible)

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

    @property
    def _vectors_in_store(self) -> bool:
        """Whether the store has the vectors too.

        Raises:
            ConfigError: It shall, and is none of PostgreSQL.
        """
        if self.settings.store.vectors == "files":
            return False
        if self._store_url().get_backend_name() != "postgresql":
            raise ConfigError(
                "store.vectors is pgvector, and store.url names no PostgreSQL database", "set both"
            )
        return True

    @property
    def mounts_packs(self) -> bool:
        """Whether packs are searched beside the index, or in place of one."""
        return bool(self.settings.index.packs)

    @cached_property
    def packs(self) -> PackShelf:
        """The packs that are mounted beside the index.

        Raises:
            InputError: There is no such pack, or two have one name.
            EnvironmentFailure: One cannot be used.
            MissingExtra: The library for signatures is not installed.
        """
        from codesearch.packs.shelf import mount_packs

        key_file = self.settings.index.key_file or self._user_folder / KEY_FILE
        weights = self.settings.retrieval.weights.model_dump()
        paths = [Path(pack).expanduser() for pack in self.settings.index.packs]
        return mount_packs(paths, self._user_folder, key_file, lambda: self.embedder, weights)

    def corpus_roots(self) -> dict[str, Path]:
        """Root of every indexed corpus by name; none where packs stand in for an index."""
        from codesearch.core.store.corpora import read_corpora

        if self.mounts_packs and not self.folder.exists():
            return {}
        with self.open_database() as database, database.read() as connection:
            return {corpus.name: corpus.root for corpus in read_corpora(connection)}

    @property
    def _minimum(self) -> MinimumSize:
        return MinimumSize(self.settings.fragments.min_lines, self.settings.fragments.min_tokens)

    @property
    def _limits(self) -> ParseLimits:
        return ParseLimits(self.settings.parsing.max_depth, self.settings.parsing.timeout_seconds)

    def _search_device(self) -> Device:
        """Where vectors are searched: on GPUs if FAISS sees some and the settings let it.

        Raises:
            EnvironmentFailure: The GPU that the settings name is not there.
        """
        from codesearch.core.device import CPU, choose
        from codesearch.core.device_probe import faiss_runtime

        runtime = faiss_runtime()
        return choose(self.settings.embedding.device, runtime) if runtime.gpus else CPU

    def _degraded(self) -> Iterable[str]:
        """What the models of an installation do not fit."""
        if self.cascade.calibration.embedder != self.embedder.id:
            yield "calibration:other-embedder"
        if self.settings.embedding.device.startswith("cuda") and not self._search_device().gpus:
            yield "dense:on-cpu"

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
