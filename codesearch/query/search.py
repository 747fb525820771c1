"""Fragments against one or several indexes: candidates, decisions, places."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from threading import Lock
from types import TracebackType
from typing import Self

import numpy as np

from codesearch.core.errors import IndexFailure
from codesearch.core.judge import Case, Ruling
from codesearch.core.protocols import Embedder
from codesearch.core.results import Decision, FragmentMatches, Match, Place
from codesearch.core.store.corpora import read_corpora
from codesearch.core.store.database import Database
from codesearch.core.store.snapshot import Snapshot as StoreSnapshot
from codesearch.core.types import I64, Fragment, Span
from codesearch.query.folding import fold_nested, fold_overlapping
from codesearch.query.judging import Draft, case_of, contrast_of, final_matches, laid_out
from codesearch.query.options import SearchOptions
from codesearch.query.own_places import OwnPlaces
from codesearch.query.placing import OpenIndex, Placed, Places, Wanted, lines_at
from codesearch.query.searched_index import SearchedIndex
from codesearch.query.source import Source
from codesearch.query.timing import Timer
from indexer.segments.snapshot import Snapshot
from reranker.cascade import RERANK_LEFT_OUT, Cascade, Settled
from reranker.judge.stage import JudgeStage
from retriever.candidates import Retriever

_JOINED_ROWS = 256  # contents searched at a time when all are compared; bounds the candidates held in memory

_QUICK = 8  # fragments of a source that is not long in the way of others

_Settled = Sequence[tuple[int, Settled]]
"""Decisions about candidates of one fragment, each with its row."""


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
    """Answers queries over one snapshot of each of several indexes; threads may share one.

    A content that several of them hold is one match with all its places. What an index finds does not depend
    on the others; the matches of all are put into one order.

    Args:
        indexes: What is searched; the user's own first, where there is one.
        embedder: Embeds the queries.
        cascade: Decides about candidates.
        judges: Makes the judges of one question, whose budget and failures are that question's own.
    """

    def __init__(
        self,
        indexes: Sequence[SearchedIndex],
        embedder: Embedder,
        cascade: Cascade,
        judges: Callable[[], JudgeStage],
    ) -> None:
        self._indexes = tuple(indexes)
        self._embedder = embedder
        self._cascade = cascade
        self._judges = judges
        self._turns = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the store of the user's own index; packs stay open for the next searcher."""
        for index in self._indexes:
            if not index.pack:
                index.database.close()

    def limited(self, database: Database, judges: Callable[[], JudgeStage]) -> Searcher:
        """The same without packs, as somebody sees the user's own index who sees some corpora only.

        Args:
            database: The store, which knows what is seen.
            judges: Who judges; they must know no more.

        Raises:
            IndexFailure: Only packs are searched.
        """
        own = [index.limited(database) for index in self._indexes if not index.pack]
        if not own:
            raise IndexFailure("the index holds no fragments", "index a corpus with code in it")
        return Searcher(own, self._embedder, self._cascade, judges)

    @property
    def snapshot(self) -> Snapshot:
        """What is searched first: the user's own index, where there is one."""
        return self._indexes[0].snapshot

    @property
    def retriever(self) -> Retriever:
        """That of :attr:`snapshot`."""
        return self._indexes[0].retriever

    @property
    def degraded(self) -> frozenset[str]:
        """What the indexes lack."""
        return frozenset[str]().union(*(index.degraded for index in self._indexes))

    def search(self, source: Source, options: SearchOptions) -> Found:
        """Matches of every fragment of a source."""
        judges = self._judges()
        if not (options.rerank and options.judge):
            judges = judges.of_the_user
        asked = _Asked(judges, judges.of_the_user)
        fragments = [fragment for _, fragment in source.fragments]
        with self._turn(source, options), self._opened() as opened:
            timer = Timer()
            rows = [_retrieved(origin, fragments, options) for origin in opened]
            timer.lap("retrieve")
            settled = self._settled(opened, fragments, rows, options)
            timer.lap("rerank")
            wanted = [
                _wanted(query, opened, [found[number] for found in settled], options, asked)
                for number, query in enumerate(fragments)
            ]
            places = Places(opened, options.filters, wanted, options.likely)
            own = _own_places(source, opened)
            shown = [
                _shown(candidates, places, own.excluding(span), options)
                for (span, _), candidates in zip(source.fragments, wanted, strict=True)
            ]
            drafts = _drafts(shown)
            timer.lap("places")
        # Nothing of a store is held open while a model thinks.
        ruled = asked.rule(source, drafts, list(zip(opened, settled, strict=True)))
        timer.lap("judge")
        results = []
        for (span, _), decided in zip(source.fragments, ruled, strict=True):
            matches = [match for match in final_matches(decided, span) if options.wants(match.decision)]
            results.append(_fragment_matches(source, span, tuple(matches)))
        timer.lap("evidence")
        # Of what nothing compared, a judge has nothing to judge.
        degraded = judges.degraded if options.rerank else frozenset({RERANK_LEFT_OUT})
        return Found(tuple(fold_nested(results)), degraded | self.degraded, timer.milliseconds())

    def _turn(self, source: Source, options: SearchOptions) -> AbstractContextManager[object]:
        """Quick searches wait for each other: they hardly leave the interpreter, and two at a time that hand
        its lock back and forth took a quarter more processor time each.
        """
        quick = not options.rerank and len(source.fragments) <= _QUICK
        return self._turns if quick else nullcontext()

    @contextmanager
    def _opened(self) -> Iterator[list[OpenIndex]]:
        """The indexes, each in one transaction of its store."""
        with ExitStack() as stack:
            yield [
                OpenIndex(
                    index,
                    StoreSnapshot(
                        stack.enter_context(index.database.read()), index.snapshot.manifest.snapshot
                    ),
                )
                for index in self._indexes
            ]

    def _settled(
        self,
        opened: Sequence[OpenIndex],
        fragments: Sequence[Fragment],
        rows: Sequence[Sequence[I64]],
        options: SearchOptions,
    ) -> list[list[list[tuple[int, Settled]]]]:
        """For each index and fragment the decisions about its candidates."""
        if options.rerank:
            return [
                origin.index.settle(fragments, found, self._embedder, self._cascade)
                for origin, found in zip(opened, rows, strict=True)
            ]
        return [
            origin.index.recognise(fragments, found, self._cascade)
            for origin, found in zip(opened, rows, strict=True)
        ]

    def places_of(self, rows: Iterable[int]) -> dict[int, tuple[Place, ...]]:
        """Where the contents of rows of :attr:`snapshot` stand, by corpus, path and line; rows that no file
        holds are left out.
        """
        return self._indexes[0].places_of(rows)

    def joined(self, candidates: int) -> Iterator[tuple[int, int, Decision]]:
        """Every pair of live rows of :attr:`snapshot` that the retriever proposes, each once, with its
        decision.

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
        """Decisions about candidate rows of :attr:`snapshot` for each query, with the row of each."""
        return self._indexes[0].settle(queries, rows, self._embedder, self._cascade)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The judges of one question: all of them, and those for code whose text is not there."""

    judges: JudgeStage
    of_the_user: JudgeStage

    def about(self, origin: OpenIndex) -> JudgeStage:
        """Who is asked about a candidate of an index."""
        return self.judges if origin.index.sealed is None else self.of_the_user

    def rule(
        self,
        source: Source,
        drafts: Sequence[Sequence[tuple[Wanted, Draft]]],
        settled: Sequence[tuple[OpenIndex, Sequence[_Settled]]],
    ) -> list[list[tuple[Draft, Ruling | None]]]:
        """The drafts of every fragment, each with what the judges say."""
        ruled: list[list[tuple[Draft, Ruling | None]]] = [
            [(draft, None) for _, draft in found] for found in drafts
        ]
        for stage in (self.judges, self.of_the_user):
            if stage.silent:
                continue
            chosen: list[tuple[int, int]] = []
            cases: list[Case] = []
            for number, ((span, query), found) in enumerate(zip(source.fragments, drafts, strict=True)):
                mine = [n for n, (one, _) in enumerate(found) if self.about(one.origin) is stage]
                contrast: list[Fragment] = []
                if any(stage.leaves_open(found[n][1].pair.decision) for n in mine):
                    contrast = _contrast(query, number, settled, stage)
                chosen += [(number, n) for n in mine]
                cases += [case_of(source, span, query, found[n][1], contrast) for n in mine]
            for (number, n), ruling in zip(chosen, stage.rule(cases), strict=True):
                ruled[number][n] = ruled[number][n][0], ruling
        return ruled


@dataclass(frozen=True, slots=True)
class _Shown:
    """A candidate that is shown at a place; ``match`` has neither rank nor evidence yet."""

    match: Match
    place: Placed
    wanted: Wanted


def _drafts(shown: Sequence[Sequence[_Shown]]) -> list[list[tuple[Wanted, Draft]]]:
    """What is shown of every fragment, with the lines of its places."""
    lines = iter(lines_at([(one.place, one.wanted) for row in shown for one in row]))
    return [[(one.wanted, laid_out(_draft(one), next(lines))) for one in row] for row in shown]


def _draft(shown: _Shown) -> Draft:
    fragment = shown.wanted.origin.index.snapshot.fragment(shown.wanted.row)
    return Draft(shown.match, shown.place.occurrence, fragment, shown.wanted.pair)


def _retrieved(origin: OpenIndex, fragments: Sequence[Fragment], options: SearchOptions) -> list[I64]:
    """Candidate rows of each fragment."""
    hits = origin.index.retrieve(origin.store, fragments, options.wanted_candidates, options.filters)
    return [hit.rows for hit in hits]


def _contrast(
    query: Fragment,
    number: int,
    settled: Sequence[tuple[OpenIndex, Sequence[_Settled]]],
    judges: JudgeStage,
) -> list[Fragment]:
    """Neighbours of a fragment that are no clones, of all indexes whose code can be read."""
    asked = query.exact_key, query.language
    return contrast_of(
        [
            (origin.index.snapshot.fragment(row), pair.decision)
            for origin, found in settled
            if origin.index.sealed is None
            for row, pair in found[number]
            if not judges.accepted(asked, origin.index.snapshot.identity(row))
        ]
    )


def _wanted(
    query: Fragment,
    opened: Sequence[OpenIndex],
    settled: Sequence[_Settled],
    options: SearchOptions,
    judges: _Asked,
) -> list[Wanted]:
    """The candidates of all indexes that may be shown, best first by what the user and the cascade say; a
    content that several indexes propose is that of the first.
    """
    asked = query.exact_key, query.language
    found = {}
    for origin, pairs in zip(opened, settled, strict=True):
        stage = judges.about(origin)
        contents = origin.index.snapshot.identities_at(np.array([row for row, _ in pairs], np.int64))
        for position, ((row, pair), content) in enumerate(zip(pairs, contents, strict=True)):
            accepted = stage.accepted(asked, content)
            if content not in found and (
                accepted or options.wants(pair.decision) or stage.leaves_open(pair.decision)
            ):
                # What nothing compared keeps the retriever's order, in which it comes.
                ties = content if options.rerank else (position,)
                order = (not accepted, pair.decision.rank, ties)
                found[content] = (order, Wanted(*content, origin, row, pair))
    return [one for _, one in sorted(found.values(), key=itemgetter(0))]


def _shown(wanted: Sequence[Wanted], places: Places, own: OwnPlaces, options: SearchOptions) -> list[_Shown]:
    """The best candidates that have a place, at most ``options.k``."""

    def matches() -> Iterator[tuple[Match, tuple[list[Placed], Wanted]]]:
        for found, one in places.of(wanted):
            allowed = [place for place in found if own.allows(place.occurrence)]
            if allowed:
                yield _match(allowed, one.pair.decision), (allowed, one)

    shown = []
    for match, (allowed, one) in islice(fold_overlapping(matches()), options.k):
        # Folding may have taken the first place away.
        place = next(place for place in allowed if place.occurrence.place == match.place)
        shown.append(_Shown(match, place, one))
    return shown


def _own_places(source: Source, opened: Iterable[OpenIndex]) -> OwnPlaces:
    """Where the source lies in the corpora; nowhere, without a look, where it is no file."""
    if source.absolute is None:
        return OwnPlaces.of(source, {})
    own = (origin for origin in opened if not origin.index.pack)
    corpora = (corpus for origin in own for corpus in read_corpora(origin.store.connection))
    return OwnPlaces.of(source, {corpus.root: corpus.name for corpus in corpora})


def _match(places: Sequence[Placed], decision: Decision) -> Match:
    first = places[0].occurrence
    return Match(0, first.name, first.language, tuple(one.occurrence.place for one in places), decision)


def _fragment_matches(source: Source, span: Span, matches: tuple[Match, ...]) -> FragmentMatches:
    return FragmentMatches(
        source.path, span.start_line, span.end_line, span.name, source.language.id, matches
    )
