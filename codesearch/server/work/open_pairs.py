"""Pairs of the index about which a person's verdict would tell most.

A sample of the index is searched as a query would; what neither the text nor a copy settles is rated by the
cascade and by precedents, and put into an order by what a verdict would say (:mod:`.informative`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice

import numpy as np

from codesearch.core.feedback import ContentPair
from codesearch.core.judge import Case, CaseSide
from codesearch.core.results import CloneType, Decision, Place, Verdict
from codesearch.core.types import F64, I64, Fragment
from codesearch.engine import Engine
from codesearch.query.search import Searcher
from codesearch.server.work.informative import most_informative, uncertainty
from codesearch.serving.live_index import LiveIndex
from indexer.segments.snapshot import Snapshot
from reranker.judge.precedents.judge import PrecedentJudge
from reranker.judge.precedents.memories import Memories
from reranker.judge.precedents.memory import KERNELS, Origin, PairPoints
from reranker.judge.stage import ruled

SAMPLE = 100
"""Fragments that are searched for: with their candidates some seconds of work on one core."""
CANDIDATES = 8
SHORTLIST = 160
"""Pairs that are rated by precedents too."""
MOST_WAITING = 50
LONGEST = 500
"""Tokens of a fragment that a person can be asked about."""

_ALIKE = 0.3  # likeness from which a verdict says something about another pair


@dataclass(frozen=True, slots=True)
class OpenPair:
    """A pair that waits for a verdict.

    Attributes:
        id: 16 hexadecimal digits, of both contents.
        contents: The pair as verdicts name it.
        places: One place of each side.
        languages: Registry ids.
        dense: Cosine of the embeddings.
        verdict: What is said without the user.
        clone_type: None unless that is ``clone``.
        before: P(clone) of the cascade.
        after: The same with precedents weighed.
        alike: Other pairs that were looked at of which a verdict says something.
        looked_at: Pairs that were looked at.
        why: Why it is asked, one sentence.
    """

    id: str
    contents: ContentPair
    places: tuple[Place, Place]
    languages: tuple[str, str]
    dense: float
    verdict: Verdict
    clone_type: CloneType | None
    before: float
    after: float
    alike: int
    looked_at: int
    why: str


@dataclass(frozen=True, slots=True)
class _Rated:
    """A pair of rows with the fragments and the cascade's decision."""

    rows: tuple[int, int]
    fragments: tuple[Fragment, Fragment]
    decision: Decision

    @property
    def case(self) -> Case:
        first, second = (CaseSide(fragment) for fragment in self.fragments)
        return Case(first, second, self.decision.scores["dense"], self.decision)


def find_open_pairs(index: LiveIndex) -> tuple[OpenPair, ...]:
    """The pairs that wait for a person, most informative first; the same for the same index and verdicts.

    Raises:
        IndexFailure: There is no index, or it cannot be used.
        EnvironmentFailure: The verdicts or the shipped precedents cannot be read.
    """
    engine = index.engine
    with index.searcher() as searcher:
        rated = _shortlist(searcher)
        places = searcher.places_of({row for pair in rated for row in pair.rows})
    said = frozenset(precedent.pair for precedent in engine.feedback.precedents())
    rated = [pair for pair in rated if _is_askable(pair, places, said)]
    return tuple(_ordered(rated, places, engine)) if rated else ()


def _shortlist(searcher: Searcher) -> list[_Rated]:
    """Pairs that thresholds decide, least certain first."""
    snapshot = searcher.snapshot
    rows = _sample(snapshot)
    fragments = [snapshot.fragment(row) for row in rows]
    hits = searcher.retriever.search(fragments, CANDIDATES)
    fresh = _without_copies(snapshot, rows, [found.rows for found in hits])
    pairs = [
        _Rated((row, other), (fragment, snapshot.fragment(other)), settled.decision)
        for row, fragment, decided in zip(rows, fragments, searcher.settle(fragments, fresh), strict=True)
        for other, settled in decided
        if settled.decision.decided_by == "reranker"
    ]
    readable = [pair for pair in pairs if len(pair.fragments[1].tokens) <= LONGEST]
    return sorted(readable, key=lambda pair: (abs(pair.decision.probability - 0.5), pair.rows))[:SHORTLIST]


def _sample(snapshot: Snapshot) -> list[int]:
    """Rows by a hash of their contents: the same ones wherever the contents stand in the index."""
    live = np.flatnonzero(snapshot.live)
    by_chance = live[np.argsort(snapshot.ties[live], kind="stable")].tolist()
    readable = (row for row in by_chance if len(snapshot.fragment(row).tokens) <= LONGEST)
    return list(islice(readable, SAMPLE))


def _without_copies(snapshot: Snapshot, rows: Sequence[int], candidates: Sequence[I64]) -> list[I64]:
    """The candidates of each row that are no copies of it, every pair once."""
    renamed = snapshot.renamed_keys
    seen: set[frozenset[int]] = set()
    fresh: list[I64] = []
    for row, found in zip(rows, candidates, strict=True):
        differs = (renamed[found] != renamed[row]).any(axis=1)
        others = [other for other in found[differs].tolist() if frozenset((row, other)) not in seen]
        seen.update(frozenset((row, other)) for other in others)
        fresh.append(np.array(others, np.int64))
    return fresh


def _is_askable(pair: _Rated, places: dict[int, tuple[Place, ...]], said: frozenset[ContentPair]) -> bool:
    if any(row not in places for row in pair.rows) or _contents(pair) in said:
        return False
    first, second = (places[row][0] for row in pair.rows)
    # Otherwise one holds the other.
    return (
        (first.corpus, first.path) != (second.corpus, second.path)
        or first.end_line < second.start_line
        or second.end_line < first.start_line
    )


def _contents(pair: _Rated) -> ContentPair:
    return frozenset((side.exact_key.hex(), side.language) for side in pair.fragments)


def _ordered(
    rated: Sequence[_Rated], places: dict[int, tuple[Place, ...]], engine: Engine
) -> Iterator[OpenPair]:
    """The pairs whose verdicts would tell most, first that which tells most."""
    memories = engine.memories()
    judge = PrecedentJudge(memories.embedder, memories.of_origin, engine.cascade)
    rulings = judge.judge([pair.case for pair in rated])
    final = [ruled(pair.decision, ruling) for pair, ruling in zip(rated, rulings, strict=True)]
    before = np.array([pair.decision.probability for pair in rated])
    after = np.array([decision.probability for decision in final])
    points = memories.embedder.points([pair.fragments for pair in rated])
    likeness = _likeness(points)
    for n in most_informative(uncertainty(before, after), likeness, _known(memories, points), MOST_WAITING):
        pair, contents = rated[n], _contents(rated[n])
        alike = int((likeness[n] >= _ALIKE).sum()) - 1
        yield OpenPair(
            id=_id(contents),
            contents=contents,
            places=(places[pair.rows[0]][0], places[pair.rows[1]][0]),
            languages=(pair.fragments[0].language, pair.fragments[1].language),
            dense=pair.decision.scores["dense"],
            verdict=final[n].verdict,
            clone_type=final[n].clone_type,
            before=float(before[n]),
            after=float(after[n]),
            alike=alike,
            looked_at=len(rated),
            why=_why(float(before[n]), float(after[n]), alike, len(rated)),
        )


def _likeness(points: PairPoints) -> F64:
    """float64 [n, n]: how much the judge lets a verdict on one pair say about another."""
    kernel = KERNELS[Origin.FEEDBACK]
    vectors = kernel.vectors(points.relations, points.topics)
    squares = np.square(vectors).sum(axis=1)
    apart = np.maximum(squares[:, None] + squares[None] - 2 * vectors @ vectors.T, 0)
    return kernel.likeness(apart)


def _known(memories: Memories, points: PairPoints) -> F64:
    """float64 [n]: the likeness of each pair to the nearest one that the user judged."""
    own = [memory for memory in memories.of_origin if not memory.pairs[0].shipped]
    known = np.zeros(len(points))
    for memory in own:
        nearest = [found.likeness.max(initial=0.0) for found in memory.nearest(points, 1)]
        known = np.maximum(known, nearest)
    return known


def _why(before: float, after: float, alike: int, looked_at: int) -> str:
    if abs(after - before) >= 0.2:
        told = (
            f"The cascade says {_percent(before)}, precedents make that {_percent(after)}: one of them errs"
        )
    elif abs(after - 0.5) <= 0.1:
        told = f"At {_percent(after)} it is about as likely a clone as not"
    else:
        leaning = "leans to a clone" if after > 0.5 else "doubts that it is a clone"
        told = f"At {_percent(after)} codesearch {leaning}"
    if alike:
        told += f", and your verdict says something about {alike} more of {looked_at} open pairs"
    return f"{told}."


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _id(contents: ContentPair) -> str:
    return blake2b(repr(sorted(contents)).encode(), digest_size=8).hexdigest()
