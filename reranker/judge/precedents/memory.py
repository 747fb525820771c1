"""The precedent memory: labelled pairs, found again by what a new pair has in common with them.

A precedent is embedded as a pair: how its sides are related (the features that the cascade's models see, and
its log-odds) beside what it is about. FAISS finds the nearest: of both labels together to be weighed, of
each label to be shown to a model, so that it sees clones and look-alikes in equal number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import faiss
import numpy as np

from codesearch.core.feedback import Precedent
from codesearch.core.results import CloneType, Verdict
from codesearch.core.types import F32, F64, I64, Mask
from reranker.judge.precedents.kernel import PairKernel

NEAREST = 32  # precedents weighed; 16 and 64 ordered BigCloneBench's training pairs alike


class Origin(StrEnum):
    """Where a precedent comes from."""

    SHIPPED = "shipped"  # written for this project
    FEEDBACK = "feedback"  # the user's own verdicts, imported ones too


KERNELS = {
    # Written examples are half look-alikes, more than any corpus has, so they speak for pairs that are about
    # nearly the same thing only: wider kernels, or less of the topic, made the order of BigCloneBench's
    # training pairs worse.
    Origin.SHIPPED: PairKernel(topic=2.0, width=0.25, noise=1.0),
    # The user's verdicts show where the cascade errs on the user's code, whatever it is about: 1,500 of
    # BigCloneBench's training pairs as feedback took the average precision of the pairs of all other families
    # from .94 to .98 and their calibration error from .17 to .03.
    Origin.FEEDBACK: PairKernel(topic=0.25, width=0.5, noise=1.0),
}


@dataclass(frozen=True, slots=True)
class RememberedPair:
    """A precedent with its name.

    Attributes:
        id: ``python-t3-05`` for a shipped one, ``feedback-`` and 8 digits for the user's.
        precedent: The pair, its label and the reason.
        clone_type: The type that it is of, or that a look-alike resembles; None where nobody said.
        shipped: Written for this project, so that its words may be shown to a model.
    """

    id: str
    precedent: Precedent
    clone_type: CloneType | None
    shipped: bool = False

    @property
    def is_clone(self) -> bool:
        """Its label."""
        return self.precedent.verdict is Verdict.CLONE


@dataclass(frozen=True, slots=True)
class PairPoints:
    """Pairs as a memory sees them.

    Attributes:
        relations: float32 [n, f + 1], see :class:`.kernel.PairScale`.
        topics: float32 [n, dim], unit rows.
        priors: float32 [n], P(clone) of the cascade.
    """

    relations: F32
    topics: F32
    priors: F32

    def __len__(self) -> int:
        return len(self.priors)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest precedents of one pair.

    Attributes:
        rows: int64 [n], positions in the memory, nearest first.
        likeness: float64 [n], 1 for the same pair and falling to 0.
    """

    rows: I64
    likeness: F64


class PrecedentMemory:
    """Precedents of one origin.

    Args:
        pairs: The precedents.
        points: The same, as they are compared.
        kernel: How they are compared.
    """

    def __init__(self, pairs: Sequence[RememberedPair], points: PairPoints, kernel: PairKernel) -> None:
        self.pairs = pairs
        self._kernel = kernel
        self._priors = points.priors
        self._labels: Mask = np.array([pair.is_clone for pair in pairs], bool)
        self._vectors = kernel.vectors(points.relations, points.topics)
        self._all = _Rows.of(self._vectors, np.arange(len(pairs)))
        self._of_label = {
            label: _Rows.of(self._vectors, np.flatnonzero(self._labels == label)) for label in (True, False)
        }

    def nearest(
        self, points: PairPoints, count: int = NEAREST, *, clones: bool | None = None
    ) -> list[Neighbours]:
        """The nearest precedents of each pair.

        Args:
            points: The pairs.
            count: Precedents per pair at most.
            clones: Only clones, or only look-alikes; None for both.
        """
        rows = self._all if clones is None else self._of_label[clones]
        queries = np.ascontiguousarray(self._kernel.vectors(points.relations, points.topics))
        near = rows.nearest(queries, count)
        return [self._ordered(query, found) for query, found in zip(queries, near, strict=True)]

    def _ordered(self, query: F32, rows: I64) -> Neighbours:
        # FAISS rounds distances differently for one query and for many; a ruling may not depend on that.
        distances = np.square(self._vectors[rows] - query).sum(axis=1)
        by = np.lexsort((rows, distances))
        return Neighbours(rows[by], self._kernel.likeness(distances[by]))

    def correction(self, near: Neighbours) -> float:
        """What the neighbours say that the cascade's probability of a pair is off by.

        Its error is taken for a Gaussian process (Rasmussen and Williams 2006, eq. 2.25): what it got wrong
        about precedents it gets wrong about pairs like them, and far from all precedents it stands.
        """
        vectors = self._vectors[near.rows]
        apart = np.square(vectors[:, None] - vectors[None]).sum(axis=2)
        covariance = self._kernel.likeness(apart) + self._kernel.noise * np.eye(len(near.rows))
        errors: F64 = self._labels[near.rows] - self._priors[near.rows].astype(np.float64)
        return float(near.likeness @ np.linalg.solve(covariance, errors))


@dataclass(frozen=True, slots=True)
class _Rows:
    """Some rows of a memory, and the index over them."""

    rows: I64
    index: faiss.IndexFlatL2

    @classmethod
    def of(cls, vectors: F32, rows: I64) -> _Rows:
        index = faiss.IndexFlatL2(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors[rows]))
        return cls(rows, index)

    def nearest(self, queries: F32, count: int) -> I64:
        """int64 [q, up to count]: those nearest to each query."""
        most = min(count, len(self.rows))
        if not most:  # as the clones of a user who only ever rejected; FAISS finds no less than one
            return np.empty((len(queries), 0), np.int64)
        found: I64 = self.rows[self.index.search(queries, most)[1]]
        return found
