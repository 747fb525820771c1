"""A corpus and its index in a temporary folder, for tests that run the whole build."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
from snippets import embedder
from sqlalchemy import URL, text

from codesearch.core.protocols import Embedder
from codesearch.core.results import Place
from codesearch.core.store.database import Database
from codesearch.core.store.engines import sqlite_url
from codesearch.core.store.occurrences import occurrences_of
from codesearch.core.store.snapshot import Snapshot as StoreSnapshot
from codesearch.core.types import F32, Fragment
from indexer.build import BuildOptions, BuildReport, build_index
from indexer.corpus.reader import FileCorpus
from indexer.folder import IndexFolder
from indexer.parsing.extract import MinimumSize
from indexer.parsing.worker import AnalyseOptions
from indexer.segments.ranges import SEGMENT_ROWS
from indexer.segments.snapshot import Snapshot

SHIPPED = embedder()
OLD_NS = 1_600_000_000_000_000_000  # long before any run, so that no file is too fresh to be trusted


def function(name: str, *statements: str) -> str:
    """A Python function whose content is of its own."""
    body = statements or (f"total = load('{name}', 1)", f"return total + {len(name)}")
    return f"def {name}(first, second):\n" + "".join(f"    {line}\n" for line in body)


def plant(root: Path, files: Mapping[str, str | None]) -> None:
    """Write files (None deletes one), all of them modified long ago, a changed one a little later."""
    for name, content in files.items():
        path = root / name
        if content is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        modified = path.stat().st_mtime_ns + 1_000_000_000 if path.exists() else OLD_NS
        path.write_text(content)
        os.utime(path, ns=(modified, modified))


class CountingEmbedder:
    """The shipped embedder; counts, and fails once its budget is spent."""

    def __init__(self, budget: int = 1_000_000, model: str = "counting-1") -> None:
        self.id = model
        self.dim = embedder().dim
        self.count = 0
        self.budget = budget

    def embed(self, fragments: Sequence[Fragment]) -> F32:
        if self.count + len(fragments) > self.budget:
            raise InterruptedError("the embedder was interrupted")
        self.count += len(fragments)
        return embedder().embed(fragments)


class Silence:
    """Progress that nobody watches."""

    def stage(self, label: str, unit: str, total: int | None = None) -> None:
        """Say nothing."""

    def advance(self, done: int) -> None:
        """Say nothing."""


@dataclass
class Lab:
    """An index of one or more folders below ``base``;
    its store is in the index folder unless a URL says where.
    """

    base: Path
    minimum: MinimumSize = field(default_factory=lambda: MinimumSize(2, 6))
    jobs: int = 1
    max_small_segments: int = 8
    store: URL | None = None
    vectors_in_store: bool = False
    segment_rows: int = SEGMENT_ROWS

    @property
    def folder(self) -> IndexFolder:
        return IndexFolder(self.base / "index", self.base / "config" / "signing.key")

    @property
    def corpus(self) -> Path:
        """The default corpus."""
        return self.base / "corpus"

    def write(self, files: Mapping[str, str | None]) -> Self:
        """Change files of the default corpus."""
        plant(self.corpus, files)
        return self

    def index(self, *roots: Path, embedder: Embedder | None = SHIPPED) -> BuildReport:
        """Run the indexer over folders, the default corpus without any."""
        self.folder.create()
        minimum = self.minimum.lines, self.minimum.tokens
        options = BuildOptions(
            AnalyseOptions(minimum=self.minimum, salt=repr(minimum).encode()),
            self.jobs,
            self.max_small_segments,
            {"fragments.min_lines": self.minimum.lines, "embedding.model": embedder.id if embedder else ""},
            self.vectors_in_store,
            self.segment_rows,
        )
        corpora = [FileCorpus(root.name, root) for root in roots or (self.corpus,)]
        with self.database() as database:
            return build_index(self.folder, database, corpora, embedder, options, Silence())

    def database(self) -> Database:
        return Database.create(self.store or sqlite_url(self.folder.database))

    def lose_store(self) -> None:
        """Delete the files of the store, or all that is in its database."""
        for path in self.folder.path.glob("index.db*"):
            path.unlink()
        if self.store is not None:
            with Database(self.store) as database, database.write() as connection:
                connection.execute(text("DROP SCHEMA public CASCADE"))
                connection.execute(text("CREATE SCHEMA public"))

    def snapshot(self) -> Snapshot:
        return self.folder.open()

    def places(self, wanted: Fragment) -> list[Place]:
        """Where a content stands in the current snapshot, by path and line."""
        snapshot = self.snapshot()
        with self.database() as database, database.read() as connection:
            store = StoreSnapshot(connection, snapshot.manifest.snapshot)
            found = occurrences_of(store, [wanted.exact_key])
        return [occurrence.place for places in found.values() for occurrence in places]

    def live_keys(self) -> set[bytes]:
        """Content keys that can be found."""
        snapshot = self.snapshot()
        return {snapshot.identity(row)[0] for row in np.flatnonzero(snapshot.live).tolist()}

    def segment_names(self) -> list[str]:
        return [entry.name for entry in self.snapshot().manifest.segments]
