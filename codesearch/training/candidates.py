"""Labelled candidates: what the retriever proposes within a training set, and whether it is a clone."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from codesearch.core.protocols import CandidateLane
from codesearch.core.types import F32, I64, Fragment, Mask
from codesearch.evaluation.datasets import LabelledFragment, LabelledPair
from codesearch.evaluation.index import LabelledIndex
from codesearch.evaluation.ranking import Scope
from codesearch.training.textual import ALIKE, line_similarity
from indexer.embedding.stored import row_cosines
from reranker.cascade import ALIGNED_SIMILARITY, is_aligned
from reranker.features import RERANKER_NAMES, PairDescriber, PairFeatures
from reranker.weights import Weights

_QUERIES_AT_ONCE = 256

_SAME_SHAPE = 0.8  # so much equal structure is rarely chance, whatever the names
_NAMED_AGREEMENT = 0.4
_NAMED_LEXICAL = 0.3  # a third of the weight of the names in common


class Label(IntEnum):
    """What is known about a pair."""

    UNKNOWN = -1
    NO_CLONE = 0
    CLONE = 1


class Stage(IntEnum):
    """Which stage of the cascade settles a pair."""

    FINGERPRINT = 0
    ALIGNMENT = 1
    RERANKER = 2


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs of different contents; one entry per pair in every array.

    Attributes:
        features: float32 [n, 13], columns as ``reranker.features.RERANKER_NAMES`` has them.
        labels: int8 [n], values of :class:`Label`.
        alike: bool [n], whether the text alone makes it Type-3; only looked at where the alignment settles.
        stages: int8 [n], values of :class:`Stage`.
        groups: int64 [n, 2], group of the query and of the candidate, numbered within the set.
    """

    features: F32
    labels: NDArray[np.int8]
    alike: Mask
    stages: NDArray[np.int8]
    groups: I64

    def __len__(self) -> int:
        return len(self.labels)

    def where(self, chosen: Mask | I64) -> Candidates:
        """The pairs where bool [n] is True, or those at the positions."""
        return Candidates(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def of_stage(self, stage: Stage) -> Candidates:
        """The pairs that a stage settles."""
        return self.where(self.stages == stage)

    @property
    def known(self) -> Candidates:
        """The pairs that have a label."""
        return self.where(self.labels != Label.UNKNOWN)

    @staticmethod
    def join(parts: Sequence[Candidates]) -> Candidates:
        """All pairs, in order, of several retrievals in one set."""
        names = [field.name for field in fields(Candidates)]
        return Candidates(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


NOBODY_JUDGED: Mapping[tuple[str, str], bool] = {("", ""): False}
"""Labels of a set without any: pairs of different groups count as no clones unless their text says that they
may be copies, and nothing is said about pairs of one group."""


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """A training set that is indexed.

    Attributes:
        index: Its contents.
        labelled: The fragments, in the order of ``index.rows``.
        pairs: Labels of single pairs by their two ids in order. Empty where fragments of one group are clones
            of each other and all others are none.
    """

    index: LabelledIndex
    labelled: Sequence[LabelledFragment]
    pairs: Mapping[tuple[str, str], bool]

    def label(self, query: int, other: int) -> Label:
        """What the labels say about two positions."""
        a, b = self.labelled[query], self.labelled[other]
        if not self.pairs:
            return Label(a.group == b.group)
        known = self.pairs.get((min(a.id, b.id), max(a.id, b.id)))
        return Label.UNKNOWN if known is None else Label(known)

    def apart(self, query: int, other: int) -> bool:
        """True for positions of different groups."""
        return self.labelled[query].group != self.labelled[other].group


def labels_by_ids(pairs: Sequence[LabelledPair]) -> dict[tuple[str, str], bool]:
    """Labels as :class:`LabelledSet` looks them up."""
    return {(min(pair.a, pair.b), max(pair.a, pair.b)): pair.label for pair in pairs}


@dataclass(frozen=True, slots=True)
class Draw:
    """How candidates are drawn.

    Attributes:
        queries: Contents that ask, drawn at random.
        depth: Candidates taken of each answer.
        seed: Of the draw.
        scope: Which candidates are allowed, as with a language filter.
    """

    queries: int
    depth: int
    seed: int
    scope: Scope = Scope.ALL


def retrieved_candidates(
    training: LabelledSet, lane: CandidateLane, draw: Draw, weights: Weights
) -> Candidates:
    """The best candidates of fragments drawn at random; the query's own content is not among them."""
    index = training.index
    rows = random.Random(draw.seed).sample(  # noqa: S311  a reproducible sample, not a secret
        range(len(index.snapshot)), min(draw.queries, len(index.snapshot))
    )
    if draw.scope is not Scope.ALL:
        rows.sort(key=lambda row: index.languages[row])  # searches are batched by what they allow
    collected = _Collected(training, weights)
    for start in range(0, len(rows), _QUERIES_AT_ONCE):
        for allowed, batch in _batches(index, rows[start : start + _QUERIES_AT_ONCE], draw.scope):
            fragments = [index.snapshot.fragment(row) for row in batch]
            hits = lane.search(fragments, draw.depth + 1, allowed)
            for row, fragment, found in zip(batch, fragments, hits, strict=True):
                collected.add(row, fragment, found.rows[found.rows != row][: draw.depth])
    return collected.candidates()


def _batches(
    index: LabelledIndex, rows: Sequence[int], scope: Scope
) -> Iterator[tuple[Mask | None, Sequence[int]]]:
    """Rows that ask together, with bool [rows]: what they may find, None for all."""
    if scope is Scope.ALL:
        yield None, rows
        return
    for language, batch in groupby(rows, key=lambda row: str(index.languages[row])):
        same: Mask = index.languages == language
        yield same if scope is Scope.SAME_LANGUAGE else ~same, list(batch)


class _Collected:
    """Collects pairs of rows with their features and labels."""

    def __init__(self, training: LabelledSet, weights: Weights) -> None:
        self._training = training
        self._describer = PairDescriber(weights)
        self._features: list[F32] = []
        self._labels: list[Label] = []
        self._alike: list[bool] = []
        self._stages: list[Stage] = []
        self._groups: list[tuple[int, int]] = []
        names = sorted({fragment.group for fragment in training.labelled})
        self._group_numbers = {name: number for number, name in enumerate(names)}

    def add(self, query: int, ours: Fragment, others: I64) -> None:
        """Describe a row with each of the rows it found; a row stands for the first labelled fragment that
        has its content.
        """
        index = self._training.index
        vectors = index.snapshot.vectors(np.concatenate(([query], others)))
        cosines = row_cosines(vectors[1:], vectors[0]).tolist()
        found = [index.snapshot.fragment(row) for row in others.tolist()]
        pairs = [(ours, theirs, cosine) for theirs, cosine in zip(found, cosines, strict=True)]
        first, *positions = index.order[index.starts[[query, *others.tolist()]]].tolist()
        for position, theirs, description in zip(
            positions, found, self._describer.describe(pairs), strict=True
        ):
            stage = _stage(ours, theirs, description.features)
            self._features.append(description.vector())
            self._labels.append(self._label(first, position, description.features))
            self._stages.append(stage)
            self._alike.append(stage is Stage.ALIGNMENT and line_similarity(ours, theirs) >= ALIKE)
            groups = (self._training.labelled[place].group for place in (first, position))
            number, other_number = map(self._group_numbers.__getitem__, groups)
            self._groups.append((number, other_number))

    def _label(self, first: int, second: int, features: PairFeatures) -> Label:
        label = self._training.label(first, second)
        if label is Label.UNKNOWN and self._training.apart(first, second) and not _may_be_copy(features):
            return Label.NO_CLONE
        return label

    def candidates(self) -> Candidates:
        """All pairs, in the order they were added."""
        return Candidates(
            np.array(self._features, np.float32).reshape(-1, len(RERANKER_NAMES)),
            np.array(self._labels, np.int8),
            np.array(self._alike, bool),
            np.array(self._stages, np.int8),
            np.array(self._groups, np.int64).reshape(-1, 2),
        )


def _may_be_copy(features: PairFeatures) -> bool:
    """Whether a pair that nobody judged may well be a near-miss copy.

    Where single pairs are labelled, most are not, and taking all of them for no clones would teach the model
    that copies are none. Structure alone is no sign of one: short functions of one shape and with other names
    are what any project is full of.
    """
    if features.similarity >= _SAME_SHAPE:
        return True
    named = features.agreement >= _NAMED_AGREEMENT and features.lexical >= _NAMED_LEXICAL
    return features.similarity >= ALIGNED_SIMILARITY and named


def _stage(ours: Fragment, theirs: Fragment, features: PairFeatures) -> Stage:
    """As the cascade decides it."""
    if ours.renamed_key == theirs.renamed_key:
        return Stage.FINGERPRINT
    return Stage.ALIGNMENT if is_aligned(features) else Stage.RERANKER
