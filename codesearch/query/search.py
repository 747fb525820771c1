"""Fragments against an index: candidates, decisions, places."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from types import TracebackType
from typing import Self

import numpy as np
from sqlalchemy import Connection

from codesearch.core.judge import Case
from codesearch.core.protocols import Embedder
from codesearch.core.results import Decision, FragmentMatches, Match, Place
from codesearch.core.store.contents import fragment_layouts
from codesearch.core.store.corpora import read_corpora
from codesearch.core.store.database import Database
from codesearch.core.store.occurrences import Occurrence, live_keys, occurrences_of
from codesearch.core.store.snapshot import Filters
from codesearch.core.store.snapshot import Snapshot as StoreSnapshot
from codesearch.core.types import I64, ContentKey, Fragment, Mask, Span
from codesearch.query.folding import fold_nested, fold_overlapping
from codesearch.query.judging import Draft, case_of, contrast_of, final_matches, laid_out
from codesearch.query.options import SearchOptions
from codesearch.query.own_places import OwnPlaces
from codesearch.query.source import Source
from codesearch.query.timing import Timer
from indexer.embedding.stored import Stored, embed_stored, row_cosines
from indexer.segments.snapshot import Snapshot
from indexer.segments.writer import alive_rows
from reranker.cascade import RERANK_LEFT_OUT, Candidate, Cascade, Settled
from reranker.judge.stage import JudgeStage
from retriever.candidates import Retriever

_MASKS = 16  # sets of filters that are remembered: a person changes the code more often than the filters
_JOINED_ROWS = 256  # contents searched at a time when all are compared; bounds the candidates held in memory


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes:
        results: Matches of every fragment of the source, best first, without the places of the query itself.
        degraded: What did not run as configured.
        timing_ms: Milliseconds by stage.
    """

    results: tuple[FragmentMatches, ...]
    degraded: frozenset[str]
    timing_ms: Mapping[str, float]


class Searcher:
    """Answers queries over one snapshot of an index; threads may share one.

    Args:
        snapshot: What is searched.
        database: Its store.
        retriever: Over the snapshot.
        embedder: Embeds the queries.
        cascade: Decides about candidates.
        judges: Makes the judges of one question, whose budget and failures are that question's own.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        database: Database,
        retriever: Retriever,
        embedder: Embedder,
        cascade: Cascade,
        judges: Callable[[], JudgeStage],
    ) -> None:
        self.snapshot = snapshot
        self._database = database
        self.retriever = retriever
        self._embedder = embedder
        self._cascade = cascade
        self._judges = judges
        self._masks: dict[Filters, Mask] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the store."""
        self._database.close()

    def search(self, source: Source, options: SearchOptions) -> Found:
        """Matches of every fragment of a source."""
        timer = Timer()
        judges = self._judges()
        if not (options.rerank and options.judge):
            judges = judges.of_the_user
        with self._database.read() as connection:
            store = StoreSnapshot(connection, self.snapshot.manifest.snapshot)
            fragments = [fragment for _, fragment in source.fragments]
            allowed = self._allowed(store, options.filters)
            hits = self.retriever.search(fragments, options.wanted_candidates, allowed)
            timer.lap("retrieve")
            rows = [hit.rows for hit in hits]
            settled = self.settle(fragments, rows) if options.rerank else self._recognised(fragments, rows)
            timer.lap("rerank")
            own = _own_places(source, connection)
            wanted = [
                self._wanted(query, pairs, options, judges)
                for query, pairs in zip(fragments, settled, strict=True)
            ]
            places = _Places(store, options.filters, wanted, options.likely)
            found = [
                self._drafts(candidates, places, own.excluding(span), options)
                for (span, _), candidates in zip(source.fragments, wanted, strict=True)
            ]
            drafts = _laid_out(store, found)
            timer.lap("places")
        # Nothing of the store is held open while a model thinks.
        rulings = iter(judges.rule(list(self._cases(source, drafts, settled, judges))))
        ruled = [[(draft, next(rulings)) for draft in row] for row in drafts]
        timer.lap("judge")
        results = []
        for (span, _), decided in zip(source.fragments, ruled, strict=True):
            matches = final_matches(decided, span)
            shown = [match for match in matches if options.wants(match.decision)]
            results.append(_fragment_matches(source, span, tuple(shown)))
        timer.lap("evidence")
        # Of what nothing compared, a judge has nothing to judge.
        degraded = judges.degraded if options.rerank else frozenset({RERANK_LEFT_OUT})
        return Found(tuple(fold_nested(results)), degraded, timer.milliseconds())

    def _cases(
        self,
        source: Source,
        drafts: Sequence[Sequence[Draft]],
        settled: Sequence[Sequence[tuple[int, Settled]]],
        judges: JudgeStage,
    ) -> Iterator[Case]:
        """What the judges are asked, in the order of the drafts."""
        for (span, query), found, pairs in zip(source.fragments, drafts, settled, strict=True):
            if any(judges.leaves_open(draft.pair.decision) for draft in found):
                candidates = [
                    (self.snapshot.fragment(row), pair.decision)
                    for row, pair in pairs
                    if not self._is_accepted(judges, query, row)
                ]
                contrast = contrast_of(candidates)
            else:
                contrast = []
            for draft in found:
                yield case_of(source, span, query, draft, contrast)

    def _allowed(self, store: StoreSnapshot, filters: Filters) -> Mask | None:
        """bool [rows], the rows that have an occurrence that counts; None where all that are live do."""
        if filters == Filters():
            return None
        if (known := self._masks.get(filters)) is None:
            known = alive_rows(self.snapshot, live_keys(store, filters))
            if len(self._masks) >= _MASKS:
                oldest, *_ = self._masks
                self._masks.pop(oldest, None)  # another thread may have been faster
            self._masks[filters] = known
        return known

    def places_of(self, rows: Iterable[int]) -> dict[int, tuple[Place, ...]]:
        """Where the contents of rows stand, by corpus, path and line; rows that no file holds are left
        out.
        """
        identities = {row: self.snapshot.identity(row) for row in rows}
        with self._database.read() as connection:
            store = StoreSnapshot(connection, self.snapshot.manifest.snapshot)
            occurrences = occurrences_of(store, {key for key, _ in identities.values()})
        return {
            row: tuple(found.place for found in occurrences[key] if found.language == language)
            for row, (key, language) in identities.items()
            if key in occurrences
        }

    def joined(self, candidates: int) -> Iterator[tuple[int, int, Decision]]:
        """Every pair of live rows that the retriever proposes, each once, with its decision.

        Args:
            candidates: Candidates per lane and content.
        """
        rows = np.flatnonzero(self.snapshot.live)
        seen: set[tuple[int, int]] = set()
        for first in range(0, len(rows), _JOINED_ROWS):
            batch = rows[first : first + _JOINED_ROWS].tolist()
            fragments = [self.snapshot.fragment(row) for row in batch]
            fresh = []
            for row, hits in zip(batch, self.retriever.search(fragments, candidates), strict=True):
                pairs = {other: (min(row, other), max(row, other)) for other in hits.rows.tolist()}
                fresh.append(
                    np.array([n for n, pair in pairs.items() if n != row and pair not in seen], np.int64)
                )
                seen.update(pairs.values())
            for row, settled in zip(batch, self.settle(fragments, fresh), strict=True):
                for other, pair in settled:
                    yield row, other, pair.decision

    def settle(self, queries: Sequence[Fragment], rows: Sequence[I64]) -> list[list[tuple[int, Settled]]]:
        """Decisions about the candidate rows of each query, with the row of each."""
        vectors = embed_stored(queries, self._embedder)
        settled = []
        for query, vector, found in zip(queries, vectors, rows, strict=True):
            cosines = row_cosines(self._vectors(found), vector)
            candidates = [
                Candidate(query, self.snapshot.fragment(row), float(cosine))
                for row, cosine in zip(found.tolist(), cosines, strict=True)
            ]
            settled.append(list(zip(found.tolist(), self._cascade.settle(candidates), strict=True)))
        return settled

    def _recognised(
        self, queries: Sequence[Fragment], rows: Sequence[I64]
    ) -> list[list[tuple[int, Settled]]]:
        """Decisions by equal keys alone."""
        exact, renamed = self.snapshot.exact_keys, self.snapshot.renamed_keys
        return [
            [
                (row, self._cascade.recognise(query, exact[row].tobytes(), renamed[row].tobytes()))
                for row in found.tolist()
            ]
            for query, found in zip(queries, rows, strict=True)
        ]

    def _vectors(self, rows: I64) -> Stored:
        """int8 [m, dim] as stored; computed now where the index was built without."""
        if all(entry.model for entry in self.snapshot.manifest.segments):
            return self.snapshot.vectors(rows)
        fragments = [self.snapshot.fragment(row) for row in rows.tolist()]
        return embed_stored(fragments, self._embedder)

    def _is_accepted(self, judges: JudgeStage, query: Fragment, row: int) -> bool:
        """Whether the user called a candidate a clone, whatever the cascade thinks of it."""
        return judges.accepted((query.exact_key, query.language), self.snapshot.identity(row))

    def _wanted(
        self,
        query: Fragment,
        settled: Sequence[tuple[int, Settled]],
        options: SearchOptions,
        judges: JudgeStage,
    ) -> list[_Wanted]:
        """The candidates that may be shown, best first by what the user and the cascade say."""
        asked = query.exact_key, query.language
        found = []
        for row, pair in settled:
            content = self.snapshot.identity(row)
            accepted = judges.accepted(asked, content)
            if accepted or options.wants(pair.decision) or judges.leaves_open(pair.decision):
                # What nothing compared keeps the retriever's order, in which it comes.
                ties = content if options.rerank else ()
                found.append(((not accepted, pair.decision.rank, ties), _Wanted(*content, row, pair)))
        found.sort(key=itemgetter(0))
        return [one for _, one in found]

    def _drafts(
        self, wanted: Sequence[_Wanted], places: _Places, own: OwnPlaces, options: SearchOptions
    ) -> list[Draft]:
        """The best candidates that have a place, at most ``options.k``."""
        origins: dict[int, tuple[list[Occurrence], _Wanted]] = {}

        def matches() -> Iterator[Match]:
            for found, one in places.of(wanted):
                allowed = [place for place in found if place.language == one.language and own.allows(place)]
                if allowed:
                    origins[id(one.pair.decision)] = allowed, one
                    yield _match(allowed, one.pair.decision)

        drafts = []
        for match in islice(fold_overlapping(matches()), options.k):
            allowed, one = origins[id(match.decision)]
            # Folding may have taken the first place away.
            place = next(place for place in allowed if place.place == match.place)
            drafts.append(Draft(match, place, self.snapshot.fragment(one.row), one.pair))
        return drafts


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A candidate that may be shown: its content, its row and what was decided."""

    key: ContentKey
    language: str
    row: int
    pair: Settled


class _Places:
    """Occurrences of candidates, looked up for as many as are likely to be shown, then for all others.

    Args:
        store: Where they are looked up.
        filters: Which of them count.
        wanted: Candidates of every fragment, best first.
        likely: How many of each are looked up at once.
    """

    def __init__(
        self, store: StoreSnapshot, filters: Filters, wanted: Sequence[Sequence[_Wanted]], likely: int
    ) -> None:
        self._store = store
        self._filters = filters
        self._likely = likely
        self._known = self._look_up(one for found in wanted for one in found[:likely])

    def of(self, wanted: Sequence[_Wanted]) -> Iterator[tuple[tuple[Occurrence, ...], _Wanted]]:
        """The candidates of a fragment, each with its occurrences."""
        for one in wanted[: self._likely]:
            yield self._known.get(one.key, ()), one
        others = wanted[self._likely :]
        known = self._look_up(others) if others else {}
        for one in others:
            yield known.get(one.key, ()), one

    def _look_up(self, wanted: Iterable[_Wanted]) -> dict[ContentKey, tuple[Occurrence, ...]]:
        return occurrences_of(self._store, [one.key for one in wanted], self._filters)


def _own_places(source: Source, connection: Connection) -> OwnPlaces:
    """Where the source lies in the corpora; nowhere, without a look, where it is no file."""
    corpora = () if source.absolute is None else read_corpora(connection)
    return OwnPlaces.of(source, {corpus.root: corpus.name for corpus in corpora})


def _laid_out(store: StoreSnapshot, drafts: Sequence[Sequence[Draft]]) -> list[list[Draft]]:
    """The drafts with the lines of their places."""
    shown = [draft.place.fragment_id for found in drafts for draft in found if draft.pair.alignment]
    layouts = fragment_layouts(store.connection, shown)
    return [[laid_out(draft, layouts.get(draft.place.fragment_id)) for draft in found] for found in drafts]


def _match(places: Sequence[Occurrence], decision: Decision) -> Match:
    first = places[0]
    return Match(0, first.name, first.language, tuple(place.place for place in places), decision)


def _fragment_matches(source: Source, span: Span, matches: tuple[Match, ...]) -> FragmentMatches:
    return FragmentMatches(
        source.path, span.start_line, span.end_line, span.name, source.language.id, matches
    )
