"""Decisions about pairs that embeddings propose: the cascade's, and the judges' on what it leaves open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Protocol

import numpy as np

from codesearch.audit.classes.asking import Asking, Piece, Question
from codesearch.audit.classes.population import Population
from codesearch.core.results import Decision, Verdict
from codesearch.core.types import F32, I64, Fragment
from codesearch.core.workers import HERE, Workers, cut_evenly
from indexer.embedding.stored import row_cosines
from indexer.segments.snapshot import Snapshot
from reranker.cascade import Candidate, Settled
from reranker.judge.stage import ruled

LEAST_COSINE = 0.8
"""Of two embeddings, whatever the reranker says: pairs under it that it takes for clones share a domain more
often than a behaviour, such as reading and writing of one format."""

CONTRASTS = 2  # neighbours that are no clones, to be shown to a judge beside a pair
_TRIED = 6  # nearest neighbours of which these are chosen
_BATCH = 512  # pairs settled at a time; bounds the alignments in memory
_FRAGMENTS = 4096  # kept, because a content is on a side of many pairs

Pair = tuple[int, int]
"""Two positions, the smaller one first."""


class PairJudge(Protocol):
    """Settles pairs; :class:`reranker.cascade.Cascade` does."""

    def settle(self, candidates: Sequence[Candidate]) -> list[Settled]:
        """One decision per candidate, in order."""
        ...


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """What was decided about a pair.

    Attributes:
        is_clone: Whether it is one, and near enough for a class.
        probability: P(clone).
        decided_by: As for a decision.
        reason: The sentence of a judge that takes it for a clone; else empty.
        precedents: Ids of the precedents behind it.
    """

    is_clone: bool
    probability: float
    decided_by: str
    reason: str = ""
    precedents: tuple[str, ...] = ()

    @classmethod
    def of(cls, decision: Decision, *, near: bool) -> PairVerdict:
        """What a decision says of a pair; ``near`` says whether its embeddings are."""
        by = decision.decided_by
        if decision.verdict is not Verdict.CLONE:
            return cls(False, decision.probability, by)
        return cls(near, decision.probability, by, decision.explanation, decision.precedents)


class Neighbourhood:
    """Which contents embeddings find near a content.

    Args:
        left: int64 [p], one side of the pairs that they propose.
        right: int64 [p], the other one.
        cosines: float32 [p].
    """

    def __init__(self, left: I64, right: I64, cosines: F32) -> None:
        sides, others = np.concatenate((left, right)), np.concatenate((right, left))
        order = np.lexsort((others, -np.concatenate((cosines, cosines)), sides))
        self._sides, self._others = sides[order], others[order]

    def nearest(self, position: int, count: int) -> list[int]:
        """At most ``count`` of them, nearest first."""
        first, last = np.searchsorted(self._sides, (position, position + 1)).tolist()
        found: list[int] = self._others[first : min(last, first + count)].tolist()
        return found


class Pieces:
    """Where the contents whose pairs are judged occur first, by file and line.

    Args:
        population: Where they occur.
        rows: int64 [n], their snapshot rows.
    """

    def __init__(self, population: Population, rows: I64) -> None:
        self._population = population
        distinct, first = np.unique(population.rows, return_index=True)
        self._first: I64 = first[np.searchsorted(distinct, rows)]

    def occurrence(self, position: int) -> int:
        """The occurrence in the population of a content."""
        return int(self._first[position])

    def piece(self, position: int, content: Fragment) -> Piece:
        """A content where it occurs."""
        occurrence = self.occurrence(position)
        return Piece(occurrence, content, self._population.place(occurrence))


class Subjects:
    """The contents whose pairs are judged, by position; to other processes only their rows travel.

    Args:
        snapshot: Where they are.
        rows: int64 [n], their snapshot rows.
    """

    def __init__(self, snapshot: Snapshot, rows: I64) -> None:
        self._snapshot = snapshot
        self._rows = rows
        self.fragment = lru_cache(maxsize=_FRAGMENTS)(self._fragment)

    def __reduce__(self) -> tuple[type[Subjects], tuple[Snapshot, I64]]:
        return Subjects, (self._snapshot, self._rows)

    def candidates(self, pairs: Sequence[Pair]) -> list[Candidate]:
        """Pairs as the cascade settles them."""
        return [
            Candidate(self.fragment(first), self.fragment(second), cosine)
            for (first, second), cosine in zip(pairs, self.cosines(pairs), strict=True)
        ]

    def cosines(self, pairs: Sequence[Pair]) -> list[float]:
        """Of the embeddings of each pair."""
        sides = np.array(pairs, np.int64).reshape(-1, 2).T
        found: list[float] = row_cosines(
            *(self._snapshot.vectors(self._rows[side]) for side in sides)
        ).tolist()
        return found

    def _fragment(self, position: int) -> Fragment:
        return self._snapshot.fragment(int(self._rows[position]))


class PairJudging:
    """Decisions about pairs of positions, each made once.

    Args:
        subjects: What the positions mean.
        pieces: Where they occur first.
        judge: Settles pairs.
        asking: Asked about near pairs that ``judge`` leaves open; None where nobody is.
        neighbourhood: What is near each of them, for the contrast that judges are shown.
    """

    def __init__(
        self,
        subjects: Subjects,
        pieces: Pieces,
        judge: PairJudge,
        asking: Asking | None,
        neighbourhood: Neighbourhood,
    ) -> None:
        self._subjects = subjects
        self._pieces = pieces
        self._judge = judge
        self._asking = asking
        self._neighbourhood = neighbourhood
        self._known: dict[Pair, PairVerdict] = {}

    def settle(self, pairs: Sequence[Pair], workers: Workers = HERE) -> None:
        """Decide about pairs; the judges hear of all that stay open at once."""
        left: list[tuple[Pair, float, Decision]] = []
        ranges = cut_evenly(len(pairs), max(workers.parts, -(-len(pairs) // _BATCH)))
        batches = [pairs[first:last] for first, last in ranges]
        settled = workers.map(_settled, (self._subjects, self._judge), batches)
        for pair, (decision, cosine) in zip(pairs, chain.from_iterable(settled), strict=True):
            near = cosine >= LEAST_COSINE
            self._known[pair] = PairVerdict.of(decision, near=near)
            if near and self._is_open(pair, decision):
                left.append((pair, cosine, decision))
        if self._asking is not None and left:
            rulings = self._asking.rulings([self._question(*one) for one in left])
            for (pair, _, decision), ruling in zip(left, rulings, strict=True):
                self._known[pair] = PairVerdict.of(ruled(decision, ruling), near=True)

    def is_clone(self, first: int, second: int) -> bool:
        """Whether two positions are clones."""
        return self._verdict(first, second).is_clone

    def probability(self, first: int, second: int) -> float:
        """P(clone) of two positions."""
        return self._verdict(first, second).probability

    def weakest(self, members: Sequence[int]) -> PairVerdict:
        """What was decided about the least probable pair of the first member and another one."""
        verdicts = (self._verdict(members[0], other) for other in members[1:])
        return min(verdicts, key=lambda verdict: verdict.probability)

    def _verdict(self, first: int, second: int) -> PairVerdict:
        pair = (first, second) if first < second else (second, first)
        if pair not in self._known:
            self.settle([pair])
        return self._known[pair]

    def _is_open(self, pair: Pair, decision: Decision) -> bool:
        """Whether a judge or the user may have another word on a pair."""
        asking = self._asking
        if asking is None:
            return False
        if asking.accepted(*map(self._subjects.fragment, pair)):
            return True
        return asking.leaves_open(decision) and asking.concerns(map(self._pieces.occurrence, pair))

    def _question(self, pair: Pair, cosine: float, decision: Decision) -> Question:
        first, second = (self._pieces.piece(side, self._subjects.fragment(side)) for side in pair)
        return Question(first, second, cosine, decision, self._contrast(pair))

    def _contrast(self, pair: Pair) -> tuple[Fragment, ...]:
        """What is nearest to the first side and no clone of it, nearest first."""
        first, second = pair
        near = [
            (min(first, other), max(first, other))
            for other in self._neighbourhood.nearest(first, _TRIED)
            if other != second
        ]
        settled = _settled((self._subjects, self._judge), near)
        others = [
            pair[0] if pair[1] == first else pair[1]
            for pair, (decision, _) in zip(near, settled, strict=True)
            if decision.verdict is Verdict.NOT_CLONE
        ]
        return tuple(map(self._subjects.fragment, others[:CONTRASTS]))


def _settled(of: tuple[Subjects, PairJudge], pairs: Sequence[Pair]) -> list[tuple[Decision, float]]:
    """What is said of each pair, and its cosine."""
    subjects, judge = of
    candidates = subjects.candidates(pairs)
    return [
        (settled.decision, candidate.dense)
        for candidate, settled in zip(candidates, judge.settle(candidates), strict=True)
    ]
