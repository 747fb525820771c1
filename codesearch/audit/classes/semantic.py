"""Classes that only the semantic lane vouches for: functions that do the same in other words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from codesearch.audit.classes.grouping import group_contents
from codesearch.audit.classes.population import Population, token_counts
from codesearch.core.results import Verdict
from codesearch.core.types import I64, Fragment
from indexer.embedding.stored import Stored, row_cosines
from reranker.cascade import Candidate, Settled
from retriever.joins.contents import without_run_order
from retriever.joins.dense import Strata, dense_pairs

LEAST_TOKENS = 50  # a shorter function has too little meaning to be told from its idiom
LEAST_COSINE = 0.8
"""Of two embeddings, whatever the reranker says: pairs under it that it takes for clones share a domain more
often than a behaviour, such as reading and writing of one format."""

_BATCH = 512  # pairs settled at a time; bounds the alignments in memory


class PairJudge(Protocol):
    """Settles pairs; :class:`reranker.cascade.Cascade` does."""

    def settle(self, candidates: Sequence[Candidate]) -> list[Settled]:
        """One decision per candidate, in order."""
        ...


def find_semantic(
    population: Population, family_of: I64, judge: PairJudge, *, cross_language: bool
) -> list[tuple[I64, float]]:
    """Rows of each class with the probability of its least probable pair.

    A row stands for its family: copies and near copies of it are a finding of their own.

    Args:
        population: What is compared; its snapshot has vectors.
        family_of: int64 [rows], number of each content's family.
        judge: Settles the pairs that the embeddings propose.
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
    judging = _Judging(population, rows, vectors, judge)
    left, right = pairs.left[allowed].tolist(), pairs.right[allowed].tolist()
    judging.settle(list(zip(left, right, strict=True)))
    clones = [pair for pair in zip(left, right, strict=True) if judging.is_clone(*pair)]
    clones.sort(key=lambda pair: (-judging.probability(*pair), pair))
    classes = group_contents(clones, judging.is_clone)
    return [(rows[members], judging.least(members)) for members in classes]


def _representatives(population: Population, family_of: I64) -> I64:
    """The first row of every family of functions that is large enough, in the order of contents."""
    functions = population.outermost_functions()
    rows = without_run_order(population.snapshot, population.rows[functions])
    rows = rows[token_counts(population.snapshot)[rows] >= LEAST_TOKENS]
    _, first = np.unique(family_of[rows], return_index=True)
    return rows[np.sort(first)]


class _Judging:
    """Decisions about pairs of positions, each made once."""

    def __init__(self, population: Population, rows: I64, vectors: Stored, judge: PairJudge) -> None:
        self._snapshot = population.snapshot
        self._rows = rows
        self._vectors = vectors
        self._judge = judge
        self._known: dict[tuple[int, int], tuple[bool, float]] = {}

    def settle(self, pairs: Sequence[tuple[int, int]]) -> None:
        """Decide about pairs, the smaller position first."""
        for first in range(0, len(pairs), _BATCH):
            batch = pairs[first : first + _BATCH]
            sides = np.array(batch, np.int64).reshape(-1, 2)
            cosines = row_cosines(self._vectors[sides[:, 0]], self._vectors[sides[:, 1]])
            settled = self._judge.settle(
                [
                    Candidate(self._fragment(left), self._fragment(right), float(cosine))
                    for (left, right), cosine in zip(batch, cosines, strict=True)
                ]
            )
            for pair, cosine, found in zip(batch, cosines, settled, strict=True):
                clone = found.decision.verdict is Verdict.CLONE and cosine >= LEAST_COSINE
                self._known[pair] = clone, found.decision.probability

    def is_clone(self, first: int, second: int) -> bool:
        """Whether two positions are clones."""
        return self._decision(first, second)[0]

    def probability(self, first: int, second: int) -> float:
        """P(clone) of two positions."""
        return self._decision(first, second)[1]

    def least(self, members: Sequence[int]) -> float:
        """The smallest probability between the first member and another one."""
        return min(self.probability(members[0], other) for other in members[1:])

    def _fragment(self, position: int) -> Fragment:
        return self._snapshot.fragment(int(self._rows[position]))

    def _decision(self, first: int, second: int) -> tuple[bool, float]:
        pair = (first, second) if first < second else (second, first)
        if pair not in self._known:
            self.settle([pair])
        return self._known[pair]
