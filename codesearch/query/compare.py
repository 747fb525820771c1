"""Two sources against each other, without an index."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from codesearch.core.judge import Case, Ruling
from codesearch.core.protocols import Embedder
from codesearch.core.results import FragmentMatches, Match, Place, QueryResult
from codesearch.core.types import F32, Fragment
from codesearch.query.judging import source_side
from codesearch.query.source import Source
from indexer.embedding.stored import embed_stored, row_cosines
from reranker.cascade import Candidate, Cascade, Settled
from reranker.judge.stage import JudgeStage, ruled

_LIKELIEST = (
    32  # counterparts of a fragment that are aligned, by cosine: two files of 100 functions are 10,000 pairs
)


def compare_sources(
    first: Source, second: Source, embedder: Embedder, cascade: Cascade, judges: JudgeStage
) -> QueryResult:
    """Every fragment of the first source with its best counterpart in the second."""
    started = time.perf_counter()
    ours = [fragment for _, fragment in first.fragments]
    theirs = [fragment for _, fragment in second.fragments]
    vectors = [embed_stored(side, embedder) for side in (ours, theirs)]
    cosines = np.stack([row_cosines(vectors[1], vector) for vector in vectors[0]])
    pairs = [
        _best_counterpart(query, theirs, row, cascade, judges)
        for query, row in zip(ours, cosines, strict=True)
    ]
    settled_at = time.perf_counter()
    rulings = judges.rule(
        [_case(first, second, position, number, best) for position, (best, number) in enumerate(pairs)]
    )
    judged_at = time.perf_counter()
    results = [
        FragmentMatches(
            first.path,
            span.start_line,
            span.end_line,
            span.name,
            first.language.id,
            (_match(second, number, best, ruling, span.start_line),),
        )
        for (span, _), (best, number), ruling in zip(first.fragments, pairs, rulings, strict=True)
    ]
    return QueryResult(
        path=first.path,
        language=first.language.id,
        fragments=len(ours),
        results=tuple(results),
        degraded=tuple(sorted({*first.degraded, *second.degraded})),
        timing_ms={
            "total": 1000 * (time.perf_counter() - started),
            "judge": 1000 * (judged_at - settled_at),
        },
    )


def _best_counterpart(
    query: Fragment, theirs: Sequence[Fragment], cosines: F32, cascade: Cascade, judges: JudgeStage
) -> tuple[Settled, int]:
    """What is most likely a clone of a fragment, and its number; one that the user accepted comes first."""
    equal = [n for n, match in enumerate(theirs) if match.renamed_key == query.renamed_key]
    nearest = np.argsort(-cosines, kind="stable")[:_LIKELIEST].tolist()
    chosen = list(dict.fromkeys([*equal, *nearest]))
    settled = cascade.settle([Candidate(query, theirs[n], float(cosines[n])) for n in chosen])

    def order(found: tuple[Settled, int]) -> tuple[bool, tuple[int, int, float, float]]:
        pair, match = found[0], theirs[found[1]]
        accepted = judges.accepted((query.exact_key, query.language), (match.exact_key, match.language))
        return not accepted, pair.decision.rank

    return min(zip(settled, chosen, strict=True), key=order)


def _case(first: Source, second: Source, position: int, number: int, settled: Settled) -> Case:
    ours, theirs = (
        source_side(source, *source.fragments[n]) for source, n in ((first, position), (second, number))
    )
    return Case(ours, theirs, settled.decision.scores["dense"], settled.decision)


def _match(source: Source, number: int, settled: Settled, ruling: Ruling | None, start_line: int) -> Match:
    span, _ = source.fragments[number]
    place = Place("", source.path, span.start_line, span.end_line)
    decision = ruled(settled.explained(), ruling, (start_line, span.start_line))
    return Match(1, span.name, source.language.id, (place,), decision)
