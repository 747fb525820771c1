"""Labelled candidates: what the retriever proposes within a training set, and whether it is a clone."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from codesearch.core.protocols import CandidateLane
from codesearch.core.types import F32, I64, Fragment, Mask
from codesearch.evaluation.datasets import LabelledFragment, LabelledPair
from codesearch.evaluation.index import LabelledIndex
from codesearch.training.textual import ALIKE, line_similarity
from indexer.embedding.stored import row_cosines
from reranker.cascade import ALIGNED_SIMILARITY, is_aligned
from reranker.features import FEATURE_NAMES, PairFeatures, Profile, pair_features
from retriever.alignment import align

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
        features: float32 [n, 8], see :class:`reranker.features.PairFeatures`.
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
        cross_language: Only candidates in other languages are allowed, as with a language filter.
    """

    queries: int
    depth: int
    seed: int
    cross_language: bool = False


def retrieved_candidates(training: LabelledSet, lane: CandidateLane, draw: Draw, idf: F32) -> Candidates:
    """The best candidates of fragments drawn at random; the query's own content is not among them."""
    index = training.index
    rows = random.Random(draw.seed).sample(  # noqa: S311  a reproducible sample, not a secret
        range(len(index.snapshot)), min(draw.queries, len(index.snapshot))
    )
    if draw.cross_language:
        rows.sort(key=lambda row: index.languages[row])  # searches are batched by what they allow
    describe = _Describer(training, idf)
    for start in range(0, len(rows), _QUERIES_AT_ONCE):
        for language, batch in _batches(index, rows[start : start + _QUERIES_AT_ONCE], draw.cross_language):
            allowed = None if language is None else index.languages != language
            fragments = [describe.content(row)[0] for row in batch]
            for row, hits in zip(batch, lane.search(fragments, draw.depth + 1, allowed), strict=True):
                for other in hits.rows[hits.rows != row][: draw.depth].tolist():
                    describe.add(row, other)
    return describe.candidates()


def _batches(
    index: LabelledIndex, rows: Sequence[int], by_language: bool
) -> list[tuple[str | None, Sequence[int]]]:
    if not by_language:
        return [(None, rows)]
    languages = [str(index.languages[row]) for row in rows]
    return [
        (name, [row for row, language in zip(rows, languages, strict=True) if language == name])
        for name in sorted(set(languages))
    ]


class _Describer:
    """Collects pairs of rows with their features and labels."""

    def __init__(self, training: LabelledSet, idf: F32) -> None:
        self._training = training
        self._idf = idf
        self._contents: dict[int, tuple[Fragment, Profile]] = {}
        self._features: list[F32] = []
        self._labels: list[Label] = []
        self._alike: list[bool] = []
        self._stages: list[Stage] = []
        self._groups: list[tuple[int, int]] = []
        names = sorted({fragment.group for fragment in training.labelled})
        self._group_numbers = {name: number for number, name in enumerate(names)}

    def content(self, row: int) -> tuple[Fragment, Profile]:
        """A row's fragment and profile, made once."""
        if row not in self._contents:
            fragment = self._training.index.snapshot.fragment(row)
            self._contents[row] = fragment, Profile.of(fragment)
        return self._contents[row]

    def add(self, query: int, other: int) -> None:
        """Describe a pair of rows; each stands for the first labelled fragment that has its content."""
        index = self._training.index
        (ours, our_profile), (theirs, their_profile) = self.content(query), self.content(other)
        vectors = index.snapshot.vectors(np.array([query, other]))
        [cosine] = row_cosines(vectors[:1], vectors[1]).tolist()
        features = pair_features(
            ours, theirs, (our_profile, their_profile), align(ours, theirs), cosine, self._idf
        )
        stage = _stage(ours, theirs, features)
        first, second = index.order[index.starts[[query, other]]].tolist()
        self._features.append(features.vector())
        label = self._training.label(first, second)
        if label is Label.UNKNOWN and self._training.apart(first, second) and not _may_be_copy(features):
            label = Label.NO_CLONE
        self._labels.append(label)
        self._stages.append(stage)
        self._alike.append(stage is Stage.ALIGNMENT and line_similarity(ours, theirs) >= ALIKE)
        groups = (self._training.labelled[position].group for position in (first, second))
        number, other_number = map(self._group_numbers.__getitem__, groups)
        self._groups.append((number, other_number))

    def candidates(self) -> Candidates:
        """All pairs, in the order they were added."""
        return Candidates(
            np.array(self._features, np.float32).reshape(-1, len(FEATURE_NAMES)),
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
