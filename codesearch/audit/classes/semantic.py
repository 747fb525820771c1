"""Classes that only the semantic lane vouches for: functions that do the same in other words."""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

from codesearch.audit.classes.asking import Asking, Piece, Question
from codesearch.audit.classes.grouping import group_contents
from codesearch.audit.classes.population import Population, token_counts
from codesearch.core.results import Decision, Verdict
from codesearch.core.types import F32, I64, Fragment
from indexer.embedding.stored import Stored, row_cosines
from reranker.cascade import Candidate, Settled
from reranker.judge.stage import ruled
from retriever.joins.contents import without_run_order
from retriever.joins.dense import Strata, dense_pairs

LEAST_TOKENS = 50  # a shorter function has too little meaning to be told from its idiom
LEAST_COSINE = 0.8
"""Of two embeddings, whatever the reranker says: pairs under it that it takes for clones share a domain more
often than a behaviour, such as reading and writing of one format."""

CONTRASTS = 2  # neighbours that are no clones, kept per content to be shown to a judge

_BATCH = 512  # pairs settled at a time; bounds the alignments in memory
_FRAGMENTS = 4096  # kept, because a content is on both sides of many pairs


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
        reason: The judge's sentence; empty where none was asked, or none took it for a clone.
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


@dataclass(frozen=True, slots=True)
class SemanticClass:
    """Contents that do the same.

    Attributes:
        rows: int64 [m], snapshot rows, ascending.
        weakest: About the least probable pair of the first and another one.
    """

    rows: I64
    weakest: PairVerdict


def find_semantic(
    population: Population,
    family_of: I64,
    judge: PairJudge,
    asking: Asking | None = None,
    *,
    cross_language: bool,
) -> list[SemanticClass]:
    """The classes, by their first content.

    A row stands for its family: copies and near copies of it are a finding of their own.

    Args:
        population: What is compared; its snapshot has vectors.
        family_of: int64 [rows], number of each content's family.
        judge: Settles the pairs that the embeddings propose.
        asking: Asked about the pairs that ``judge`` leaves open; None where such pairs are no clones.
        cross_language: Whether code of two languages can be of one class.
    """
    snapshot = population.snapshot
    rows = _representatives(population, family_of)
    vectors, codes = snapshot.vectors(rows), snapshot.language_codes[rows]
    keys = [key.tobytes() for key in snapshot.exact_keys[rows]]
    pairs = dense_pairs(vectors, Strata.of(codes, token_counts(snapshot)[rows]), keys)
    allowed = pairs.estimate >= LEAST_COSINE
    if not cross_language:
        allowed &= codes[pairs.left] == codes[pairs.right]
    judging = _Judging(population, rows, vectors, judge, asking)
    left, right = pairs.left[allowed].tolist(), pairs.right[allowed].tolist()
    judging.settle(list(zip(left, right, strict=True)))
    clones = [pair for pair in zip(left, right, strict=True) if judging.is_clone(*pair)]
    clones.sort(key=lambda pair: (-judging.probability(*pair), pair))
    classes = group_contents(clones, judging.is_clone)
    return [SemanticClass(rows[members], judging.weakest(members)) for members in classes]


def _representatives(population: Population, family_of: I64) -> I64:
    """The first row of every family of functions that is large enough, in the order of contents."""
    functions = population.outermost_functions()
    rows = without_run_order(population.snapshot, population.rows[functions])
    rows = rows[token_counts(population.snapshot)[rows] >= LEAST_TOKENS]
    _, first = np.unique(family_of[rows], return_index=True)
    return rows[np.sort(first)]


class _Judging:
    """Decisions about pairs of positions, each made once."""

    def __init__(
        self,
        population: Population,
        rows: I64,
        vectors: Stored,
        judge: PairJudge,
        asking: Asking | None,
    ) -> None:
        self._population = population
        self._rows = rows
        self._vectors = vectors
        self._judge = judge
        self._asking = asking
        self._known: dict[tuple[int, int], PairVerdict] = {}
        self._contrast: dict[int, list[tuple[float, int]]] = {}
        self._fragment = lru_cache(maxsize=_FRAGMENTS)(self._read)
        self._first: I64 | None = None

    def settle(self, pairs: Sequence[tuple[int, int]]) -> None:
        """Decide about pairs, the smaller position first; the judges hear all that stay open at once."""
        left: list[tuple[tuple[int, int], float, Decision]] = []
        for first in range(0, len(pairs), _BATCH):
            batch = pairs[first : first + _BATCH]
            cosines = self._cosines(batch)
            settled = self._judge.settle(
                [
                    Candidate(self._fragment(left), self._fragment(right), float(cosine))
                    for (left, right), cosine in zip(batch, cosines, strict=True)
                ]
            )
            for pair, cosine, found in zip(batch, cosines.tolist(), settled, strict=True):
                near = cosine >= LEAST_COSINE
                self._known[pair] = PairVerdict.of(found.decision, near=near)
                if self._asking is not None and near:
                    if found.decision.verdict is Verdict.NOT_CLONE:
                        self._tell_apart(pair, cosine)
                    if self._asking.leaves_open(found.decision) and self._asking.concerns(
                        map(self._occurrence, pair)
                    ):
                        left.append((pair, cosine, found.decision))
        if self._asking is not None and left:
            questions = [self._question(*one) for one in left]
            for (pair, _, decision), ruling in zip(left, self._asking.rulings(questions), strict=True):
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

    def _cosines(self, pairs: Sequence[tuple[int, int]]) -> F32:
        sides = np.array(pairs, np.int64).reshape(-1, 2)
        return row_cosines(self._vectors[sides[:, 0]], self._vectors[sides[:, 1]])

    def _read(self, position: int) -> Fragment:
        return self._population.snapshot.fragment(int(self._rows[position]))

    def _tell_apart(self, pair: tuple[int, int], cosine: float) -> None:
        """Remember the nearest contents that are no clones."""
        for position, other in (pair, pair[::-1]):
            nearest = self._contrast.setdefault(position, [])
            insort(nearest, (-cosine, other))
            del nearest[CONTRASTS:]

    def _question(self, pair: tuple[int, int], cosine: float, decision: Decision) -> Question:
        contrast = tuple(self._fragment(other) for _, other in self._contrast.get(pair[0], ()))
        return Question(self._piece(pair[0]), self._piece(pair[1]), cosine, decision, contrast)

    def _piece(self, position: int) -> Piece:
        """A content where it occurs first, by file and line."""
        occurrence = self._occurrence(position)
        return Piece(occurrence, self._fragment(position), self._population.place(occurrence))

    def _occurrence(self, position: int) -> int:
        if self._first is None:
            rows, first = np.unique(self._population.rows, return_index=True)
            self._first = first[np.searchsorted(rows, self._rows)]
        return int(self._first[position])
