"""One snapshot with its store and its retriever, as searches read it: the user's index, or a mounted pack."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from codesearch.core.protocols import Embedder, LaneHits
from codesearch.core.results import Place
from codesearch.core.store.database import Database
from codesearch.core.store.occurrences import live_keys, occurrences_of
from codesearch.core.store.snapshot import Filters
from codesearch.core.store.snapshot import Snapshot as StoreSnapshot
from codesearch.core.types import I64, U8, ContentKey, Fragment, Mask
from indexer.embedding.stored import Stored, embed_stored, row_cosines
from indexer.segments.segment import rows_with_key
from indexer.segments.snapshot import Snapshot
from indexer.segments.writer import alive_rows
from reranker.cascade import Candidate, Cascade, Settled
from reranker.features import Profile
from retriever.candidates import Retriever

_MASKS = 16  # sets of filters that are remembered: a person changes the code more often than the filters


class Sealed(Protocol):
    """What stands in for the texts of contents that are not there."""

    def profile(self, row: int, fragment: Fragment) -> Profile:
        """What pairs are compared by of a content."""
        ...


class SearchedIndex:
    """Threads may share one.

    Args:
        snapshot: What is searched.
        database: Its store.
        retriever: Over the snapshot.
        pack: Name of the pack that it is; empty for the user's own index.
        sealed: Stands in for the texts of a pack without source; None where they are there.
        lacks: What answers are to say of it, such as ``pack:NAME:no-source``; its ``degraded``.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        database: Database,
        retriever: Retriever,
        pack: str = "",
        sealed: Sealed | None = None,
        lacks: frozenset[str] = frozenset(),
    ) -> None:
        self.snapshot = snapshot
        self.database = database
        self.retriever = retriever
        self.pack = pack
        self.sealed = sealed
        self.degraded = lacks
        self._masks: dict[tuple[Filters, frozenset[str] | None], Mask] = {}

    def limited(self, database: Database) -> SearchedIndex:
        """The same index as somebody sees it who sees some corpora only: those of ``database``."""
        limited = SearchedIndex(
            self.snapshot, database, self.retriever, self.pack, self.sealed, self.degraded
        )
        limited._masks = self._masks
        return limited

    @property
    def has_vectors(self) -> bool:
        """False where it was built without embeddings."""
        return has_vectors(self.snapshot)

    def retrieve(
        self, store: StoreSnapshot, queries: Sequence[Fragment], k: int, filters: Filters
    ) -> list[LaneHits]:
        """At most ``k`` rows per query that have an occurrence which counts, best first."""
        return self.retriever.search(queries, k, self._allowed(store, filters))

    def _allowed(self, store: StoreSnapshot, filters: Filters) -> Mask | None:
        """bool [rows], the rows that have an occurrence that counts; None where all that are live do."""
        visible = self.database.visible
        if filters == Filters() and visible is None:
            return None
        if (known := self._masks.get((filters, visible))) is None:
            known = alive_rows(self.snapshot, live_keys(store, filters))
            if len(self._masks) >= _MASKS:
                oldest, *_ = self._masks
                self._masks.pop(oldest, None)  # another thread may have been faster
            self._masks[filters, visible] = known
        return known

    def settle(
        self, queries: Sequence[Fragment], rows: Sequence[I64], embedder: Embedder, cascade: Cascade
    ) -> list[list[tuple[int, Settled]]]:
        """Decisions about the candidate rows of each query, with the row of each."""
        vectors = embed_stored(queries, embedder)
        settled = []
        for query, vector, found in zip(queries, vectors, rows, strict=True):
            cosines = row_cosines(self._vectors(found, embedder), vector)
            candidates = [
                self._candidate(query, row, float(cosine))
                for row, cosine in zip(found.tolist(), cosines, strict=True)
            ]
            settled.append(list(zip(found.tolist(), cascade.settle(candidates), strict=True)))
        return settled

    def _candidate(self, query: Fragment, row: int, cosine: float) -> Candidate:
        match = self.snapshot.fragment(row)
        profile = None if self.sealed is None else self.sealed.profile(row, match)
        return Candidate(query, match, cosine, profile)

    def _vectors(self, rows: I64, embedder: Embedder) -> Stored:
        """int8 [m, dim] as stored; computed now where the index was built without."""
        if self.has_vectors:
            return self.snapshot.vectors(rows)
        return embed_stored([self.snapshot.fragment(row) for row in rows.tolist()], embedder)

    def recognise(
        self, queries: Sequence[Fragment], rows: Sequence[I64], cascade: Cascade
    ) -> list[list[tuple[int, Settled]]]:
        """Decisions by equal keys alone."""
        exact, renamed = self.snapshot.exact_keys, self.snapshot.renamed_keys
        settled = []
        for query, found in zip(queries, rows, strict=True):
            equal = _equal(exact[found], query.exact_key), _equal(renamed[found], query.renamed_key)
            settled.append(list(zip(found.tolist(), cascade.recognise(*equal), strict=True)))
        return settled

    def content(self, key: ContentKey, language: str) -> Fragment | None:
        """The content of this key and language; None where there is none."""
        for segment in self.snapshot.segments:
            for row in rows_with_key(None, segment.key_prefixes, segment.arrays.exact, key):
                fragment = segment.fragment(int(row))
                if fragment.language == language:
                    return fragment
        return None

    def places_of(self, rows: Iterable[int]) -> dict[int, tuple[Place, ...]]:
        """Where the contents of rows stand, by corpus, path and line; rows that no file holds are left
        out.
        """
        identities = {row: self.snapshot.identity(row) for row in rows}
        with self.database.read() as connection:
            store = StoreSnapshot(connection, self.snapshot.manifest.snapshot)
            occurrences = occurrences_of(store, {key for key, _ in identities.values()})
        return {
            row: tuple(found.place for found in occurrences[key] if found.language == language)
            for row, (key, language) in identities.items()
            if key in occurrences
        }


def _equal(keys: U8, key: ContentKey) -> Mask:
    """bool [m], which of the 16-byte keys uint8 [m, 16] are ``key``."""
    equal: Mask = (keys == np.frombuffer(key, np.uint8)).all(axis=1)
    return equal


def has_vectors(snapshot: Snapshot) -> bool:
    """False where the index was built without embeddings."""
    return all(entry.model for entry in snapshot.manifest.segments)
