"""Pairs of labelled code that are worth reading: those that a retriever cannot tell apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np

from codesearch.core.types import F32, I64, Fragment, Mask
from codesearch.evaluation.datasets import LabelledFragment

MATES = 10
"""Nearest of a fragment's own group that it is paired with; the farther ones never reach a reranker."""

DEPTH = 20
"""Candidates of a query that a reranker sees."""

# Ranks among the other groups' fragments. Three of four are what the reranker will be asked about; the rest
# are the easy beginning: with the nearest alone from the first step MiniLM stayed at chance for 5,800 pairs.
_RANKS = np.array([*range(15), 19, 29, 49, 74, 99])
_BLOCK = 128  # queries compared with everything at once: 50 MB for 100,000 fragments
_ABSENT = -np.inf


@dataclass(frozen=True, slots=True)
class PairSet:
    """Labelled pairs; one entry per pair in every array.

    Attributes:
        first: int64 [n], positions of one side.
        second: int64 [n], of the other.
        labels: bool [n], whether they are clones.
        cosines: float32 [n], of the embedder's vectors.
    """

    first: I64
    second: I64
    labels: Mask
    cosines: F32

    def __len__(self) -> int:
        return len(self.labels)

    def at(self, places: I64 | Mask) -> PairSet:
        """The pairs at positions, or those where bool [n] is True."""
        return PairSet(*(getattr(self, field.name)[places] for field in fields(self)))

    @property
    def one_class(self) -> bool:
        """Whether there is nothing to tell apart."""
        return bool(self.labels.all() or not self.labels.any())


@dataclass(frozen=True, slots=True)
class Space:
    """Labelled fragments among which neighbours are looked for.

    Attributes:
        places: int64 [n], their positions; pairs are made of these.
        vectors: float32 [n, dim], rows L2-normalised.
        groups: int64 [n]; fragments of one group are clones.
        contents: int64 [n]; equal ones differ in names at most: no reranker is asked about them.
    """

    places: I64
    vectors: F32
    groups: I64
    contents: I64

    @classmethod
    def of(
        cls, rows: Sequence[LabelledFragment], fragments: Sequence[Fragment], vectors: F32, places: I64
    ) -> Space:
        """Those at ``places`` of all labelled fragments."""
        groups = [rows[place].group for place in places.tolist()]
        keys = [fragments[place].renamed_key.hex() for place in places.tolist()]
        return cls(places, vectors[places], _numbered(groups), _numbered(keys))

    def cosines(self, queries: I64) -> Iterator[tuple[I64, F32]]:
        """Blocks of queries with their cosines [q, n] to everything; -inf for equal contents."""
        for start in range(0, len(queries), _BLOCK):
            block = queries[start : start + _BLOCK]
            found: F32 = self.vectors[block] @ self.vectors.T
            found[self.contents[block, None] == self.contents] = _ABSENT
            yield block, found


def taught_pairs(space: Space, queries: I64) -> PairSet:
    """Each query with the nearest of its own group and with neighbours in other groups.

    Args:
        space: Where neighbours come from.
        queries: int64 [q], positions in the space.
    """
    parts = []
    for block, found in space.cosines(queries):
        same = space.groups[block, None] == space.groups
        parts.append(_nearest(space, block, np.where(same, found, _ABSENT), np.arange(MATES)))
        parts.append(_nearest(space, block, np.where(same, _ABSENT, found), _RANKS))
    return _joined(parts)


def retrieved_pairs(space: Space, queries: I64, depth: int = DEPTH) -> PairSet:
    """Each query with its nearest neighbours, clones and others as a retriever proposes them."""
    ranks = np.arange(depth)
    return _joined([_nearest(space, block, found, ranks) for block, found in space.cosines(queries)])


def listed_pairs(first: I64, second: I64, labels: Mask, vectors: F32) -> PairSet:
    """Pairs that somebody labelled; positions are rows of ``vectors``."""
    cosines: F32 = np.einsum("nd,nd->n", vectors[first], vectors[second]).astype(np.float32)
    return PairSet(first, second, labels, cosines)


def _nearest(space: Space, queries: I64, cosines: F32, ranks: I64) -> PairSet:
    """The columns of these ranks per row of cosines [q, n], without those that are absent."""
    deepest = min(int(ranks[-1]) + 1, cosines.shape[1])
    top = np.argpartition(-cosines, deepest - 1, axis=1)[:, :deepest]
    order = np.argsort(-np.take_along_axis(cosines, top, axis=1), axis=1, kind="stable")
    columns = np.take_along_axis(top, order, axis=1)[:, ranks[ranks < deepest]]
    found = np.take_along_axis(cosines, columns, axis=1)
    row, rank = np.nonzero(np.isfinite(found))
    first, second = queries[row], columns[row, rank]
    return PairSet(
        space.places[first],
        space.places[second],
        space.groups[first] == space.groups[second],
        found[row, rank].astype(np.float32),
    )


def _numbered(names: Sequence[str]) -> I64:
    """int64 [n]; the numbers carry no meaning but equality."""
    return np.unique(np.array(names, object), return_inverse=True)[1].reshape(-1).astype(np.int64)


def _joined(parts: Sequence[PairSet]) -> PairSet:
    """All pairs in order; none of no parts."""
    nothing = np.empty(0, np.int64)
    whole = [PairSet(nothing, nothing, nothing.astype(bool), nothing.astype(np.float32)), *parts]
    return PairSet(
        *(np.concatenate([getattr(part, field.name) for part in whole]) for field in fields(PairSet))
    )
