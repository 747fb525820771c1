"""Decisions about pairs that embeddings propose: the cascade's, and the judges' on what it leaves open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np

from codesearch.audit.classes.asking import Asking, Piece, Question
from codesearch.audit.classes.population import Population
from codesearch.core.results import Decision, Verdict
from codesearch.core.types import F32, I64, Fragment
from indexer.embedding.stored import Stored, row_cosines
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


class Subjects:
    """The contents whose pairs are judged, by position.

    Args:
        population: Where they occur.
        rows: int64 [n], their snapshot rows.
        vectors: int8 [n, dim], their embeddings as they are stored.
    """

    def __init__(self, population: Population, rows: I64, vectors: Stored) -> None:
        self._population = population
        self._rows = rows
        self._vectors = vectors
        self.fragment = lru_cache(maxsize=_FRAGMENTS)(self._fragment)

    def candidates(self, pairs: Sequence[Pair]) -> list[Candidate]:
        """Pairs as the cascade settles them."""
        sides = np.array(pairs, np.int64).reshape(-1, 2)
        cosines = row_cosines(self._vectors[sides[:, 0]], self._vectors[sides[:, 1]])
        return [
            Candidate(self.fragment(first), self.fragment(second), cosine)
            for (first, second), cosine in zip(pairs, cosines.tolist(), strict=True)
        ]

    def piece(self, position: int) -> Piece:
        """A content where it occurs first, by file and line."""
        occurrence = self.occurrence(position)
        return Piece(occurrence, self.fragment(position), self._population.place(occurrence))

    def occurrence(self, position: int) -> int:
        """Where in the population that is."""
        return int(self._first[position])

    @cached_property
    def _first(self) -> I64:
        rows, first = np.unique(self._population.rows, return_index=True)
        found: I64 = first[np.searchsorted(rows, self._rows)]
        return found

    def _fragment(self, position: int) -> Fragment:
        return self._population.snapshot.fragment(int(self._rows[position]))


class PairJudging:
    """Decisions about pairs of positions, each made once.

    Args:
        subjects: What the positions mean.
        judge: Settles pairs.
        asking: Asked about near pairs that ``judge`` leaves open; None where nobody is.
        neighbourhood: What is near each of them, for the contrast that judges are shown.
    """

    def __init__(
        self, subjects: Subjects, judge: PairJudge, asking: Asking | None, neighbourhood: Neighbourhood
    ) -> None:
        self._subjects = subjects
        self._judge = judge
        self._asking = asking
        self._neighbourhood = neighbourhood
        self._known: dict[Pair, PairVerdict] = {}

    def settle(self, pairs: Sequence[Pair]) -> None:
        """Decide about pairs; the judges hear of all that stay open at once."""
        left: list[tuple[Pair, Candidate, Decision]] = []
        for first in range(0, len(pairs), _BATCH):
            batch = pairs[first : first + _BATCH]
            candidates = self._subjects.candidates(batch)
            for pair, candidate, settled in zip(
                batch, candidates, self._judge.settle(candidates), strict=True
            ):
                near = candidate.dense >= LEAST_COSINE
                self._known[pair] = PairVerdict.of(settled.decision, near=near)
                if near and self._is_open(pair, candidate, settled.decision):
                    left.append((pair, candidate, settled.decision))
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

    def _is_open(self, pair: Pair, candidate: Candidate, decision: Decision) -> bool:
        """Whether a judge or the user may have another word on a pair."""
        asking = self._asking
        if asking is None:
            return False
        if asking.accepted(candidate.query, candidate.match):
            return True
        return asking.leaves_open(decision) and asking.concerns(map(self._subjects.occurrence, pair))

    def _question(self, pair: Pair, candidate: Candidate, decision: Decision) -> Question:
        first, second = map(self._subjects.piece, pair)
        return Question(first, second, candidate.dense, decision, self._contrast(pair))

    def _contrast(self, pair: Pair) -> tuple[Fragment, ...]:
        """What is nearest to the first side and no clone of it, nearest first."""
        first, second = pair
        near = [
            (min(first, other), max(first, other))
            for other in self._neighbourhood.nearest(first, _TRIED)
            if other != second
        ]
        settled = self._judge.settle(self._subjects.candidates(near))
        others = [
            pair[0] if pair[1] == first else pair[1]
            for pair, found in zip(near, settled, strict=True)
            if found.decision.verdict is Verdict.NOT_CLONE
        ]
        return tuple(map(self._subjects.fragment, others[:CONTRASTS]))
