"""What answers questions about clones of a source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from codesearch.core.errors import IndexFailure
from codesearch.core.store.database import Database
from codesearch.engine.parts import Parts
from codesearch.query.source import ReadOptions, Selection, Source, read_source

if TYPE_CHECKING:
    from codesearch.core.results import Place, QueryResult
    from codesearch.query.options import SearchOptions
    from codesearch.query.search import Searcher
    from codesearch.query.searched_index import SearchedIndex
    from indexer.segments.snapshot import Snapshot
    from indexer.vectors.choice import OpenStructure
    from reranker.judge.stage import JudgeStage


class Searching(Parts):
    """Reads sources, and searches or compares them."""

    def read(self, selection: Selection, language: str | None = None, *, whole: bool = False) -> Source:
        """Read what the user names; ``whole`` lifts the minimum size.

        Raises:
            InputError: It cannot be read, or holds nothing to compare.
        """
        return read_source(selection, ReadOptions.of(self.settings, language, whole=whole))

    def searcher(self) -> Searcher:
        """A searcher over the index as it is now, if it holds code, and the packs mounted beside it.

        Raises:
            IndexFailure: There is neither, or the index cannot be used.
            EnvironmentFailure: A pack cannot be used.
        """
        from codesearch.query.search import Searcher

        mounted = self.packs.indexes if self.mounts_packs else ()
        if mounted and not (self.folder.exists() and self.folder.manifest().segments):
            return Searcher(mounted, self.embedder, self.cascade, self.judges_of_pairs)
        own = self._searched_index()
        judges = self._judges(own.snapshot, own.database)
        return Searcher((own, *mounted), self.embedder, self.cascade, judges)

    def limited_searcher(self, searcher: Searcher, database: Database) -> Searcher:
        """A searcher, which is lent, for who sees no more than ``database``; judges know no other code."""
        return searcher.limited(database, self.judges_of_pairs)

    def _searched_index(self) -> SearchedIndex:
        from codesearch.query.searched_index import SearchedIndex, has_vectors
        from retriever.candidates import open_retriever

        snapshot = self.folder.open()
        if not len(snapshot):
            raise IndexFailure(
                f"the index {self.folder.path} holds no fragments", "index a corpus with code in it"
            )
        weights = self.settings.retrieval.weights.model_dump()
        embedder = self.embedder if has_vectors(snapshot) else None
        database = self.open_database()
        try:
            retriever = open_retriever(snapshot, embedder, weights, self._structures(database))
        except BaseException:
            database.close()
            raise
        return SearchedIndex(snapshot, database, retriever, lacks=_lacks(snapshot))

    def _structures(self, database: Database) -> OpenStructure:
        """How the search structure of a segment is opened."""
        from indexer.vectors.choice import open_structure

        if not self._vectors_in_store:
            # Copying pays where many queries follow, which only the user knows: 'auto' searches on the CPU.
            if self.settings.embedding.device.startswith("cuda") and (device := self._search_device()).gpus:
                from indexer.vectors.gpu_choice import open_on

                return partial(open_on, device)
            return open_structure
        from indexer.vectors.pgvector_segments import open_mirrored

        return partial(open_mirrored, database)

    def _judges(self, snapshot: Snapshot, database: Database) -> Callable[[], JudgeStage]:
        """Makes those who judge pairs of an index for one question, or one audit."""
        from reranker.judge.asking.verdict_cache import StoreCache
        from reranker.judge.context.corpus import IndexedCorpus
        from reranker.judge.context.gather import ContextSource

        corpus = IndexedCorpus(snapshot, database)
        context = ContextSource(corpus, self._source_reader(database))
        cache = StoreCache(database)
        return lambda: self._bench.stage(context, cache)

    def _source_reader(self, database: Database) -> Callable[[Place], bytes | None]:
        """Reads files of indexed corpora as they are now: UTF-8 with line feeds, None where that fails."""
        from codesearch.core.store.corpora import read_corpora
        from indexer.corpus.reread import reread_member

        with database.read() as connection:
            roots = {corpus.name: corpus.root for corpus in read_corpora(connection)}
        most = self.settings.corpus.max_file_bytes

        def read(place: Place) -> bytes | None:
            if (root := roots.get(place.corpus)) is not None:
                return reread_member(root, place.path, most)
            return self.packs.text(place) if self.mounts_packs else None

        return read

    def query(self, source: Source, searcher: Searcher, options: SearchOptions) -> QueryResult:
        """Search an index for clones of a source."""
        from codesearch.core.results import QueryResult

        found = searcher.search(source, options)
        degraded = {*source.degraded, *self._degraded(), *found.degraded}
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


def _lacks(snapshot: Snapshot) -> frozenset[str]:
    """What answers are to say of the user's own index."""
    from codesearch.packs.head import is_from_pack
    from codesearch.query.searched_index import has_vectors
    from indexer.parsing.revision import is_current

    manifest = snapshot.manifest
    told = {
        "dense:no-embeddings": not has_vectors(snapshot),
        # Copies may be cut differently now. 'index' reads all files again and settles it, but for those of
        # packs that were merged, which are not there.
        "index:other-analysis": not all(
            is_current(analysis, manifest.settings)
            for root, analysis in manifest.analysis.items()
            if not is_from_pack(Path(root))
        ),
    }
    return frozenset(what for what, holds in told.items() if holds)
