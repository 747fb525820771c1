"""The precedent memory: labelled pairs, found again by what a new pair has in common with them.

A precedent is embedded as a pair: how its sides are related (the features that the cascade's models see, and
the reranker's log-odds) beside what it is about. FAISS finds the nearest of each label, so that clones and
look-alikes come in equal number whatever the memory holds.
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
from reranker.judge.kernel import PairKernel, log_odds, probability

PER_LABEL = 16  # precedents weighed of each label; 8 to 64 ordered BigCloneBench train alike


class Origin(StrEnum):
    """Where a precedent comes from."""

    SHIPPED = "shipped"  # written for this project
    FEEDBACK = "feedback"  # the user's own verdicts, imported ones too


KERNELS = {
    # Written examples show relations that corpora seldom have, so they speak for pairs of their own topic
    # only: the widest kernel that left the order of BigCloneBench's training pairs as good as it was.
    Origin.SHIPPED: PairKernel(topic=1.0, width=0.25, noise=4.0),
    # The user's verdicts show where the reranker errs on the user's code, whatever it is about: half of
    # BigCloneBench's training pairs as feedback took the average precision of the other half from .92 to .98.
    Origin.FEEDBACK: PairKernel(topic=0.25, width=0.5, noise=1.0),
}


@dataclass(frozen=True, slots=True)
class RememberedPair:
    """A precedent with its name.

    Attributes:
        id: ``python-t3-05`` for a shipped one, ``feedback-`` and 8 digits for the user's.
        precedent: The pair, its label and the reason.
        clone_type: The type that it is of, or that a look-alike resembles; None where nobody said.
    """

    id: str
    precedent: Precedent
    clone_type: CloneType | None

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
        priors: float32 [n], P(clone) of the reranker, whatever settles the pair.
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
        self._of_label = [np.flatnonzero(self._labels == label) for label in (True, False)]
        self._indexes = [_index(self._vectors[rows]) for rows in self._of_label]

    def nearest(self, points: PairPoints) -> list[Neighbours]:
        """For each pair the nearest clones and the nearest look-alikes, up to :data:`PER_LABEL` of each."""
        queries = np.ascontiguousarray(self._kernel.vectors(points.relations, points.topics))
        found = [
            (rows[near], distances)
            for rows, index in zip(self._of_label, self._indexes, strict=True)
            for distances, near in [index.search(queries, min(PER_LABEL, len(rows)))]
        ]
        rows = np.hstack([near for near, _ in found])
        distances = np.hstack([distances for _, distances in found])
        order = np.argsort(distances, axis=1, kind="stable")
        return [
            Neighbours(near[by], self._kernel.likeness(far[by]))
            for near, far, by in zip(rows, distances, order, strict=True)
        ]

    def correction(self, near: Neighbours, shift: float) -> float:
        """What the neighbours say a pair's probability is off by, in a world where half of the pairs are
        clones, as they are among neighbours.

        The error of the reranker is taken for a Gaussian process (Rasmussen and Williams 2006, eq. 2.25):
        what it got wrong about precedents it gets wrong about pairs like them, and far from all precedents
        it stands as it is.

        Args:
            near: The neighbours.
            shift: Log-odds from the base rate of the reranker to one half.
        """
        if not len(near.rows):
            return 0.0
        vectors = self._vectors[near.rows]
        apart = np.square(vectors[:, None] - vectors[None]).sum(axis=2)
        covariance = self._kernel.likeness(apart) + self._kernel.noise * np.eye(len(near.rows))
        errors = self._labels[near.rows] - probability(log_odds(self._priors[near.rows]) + shift)
        return float(near.likeness @ np.linalg.solve(covariance, errors))


def _index(vectors: F32) -> faiss.IndexFlatL2:
    index = faiss.IndexFlatL2(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors))
    return index
