"""Labelled candidates: what the retriever proposes within a training set, and whether it is a clone."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from codesearch.core.protocols import CandidateLane
from codesearch.core.types import F32, I64, Fragment, Mask
from codesearch.evaluation.datasets import LabelledFragment, LabelledPair
from codesearch.evaluation.index import LabelledIndex
from reranker.features import FEATURE_NAMES, Profile, pair_features
from retriever.alignment import align

_QUERIES_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs of different contents with their features; one entry per pair in every array.

    Attributes:
        features: float32 [n, 8], see :class:`reranker.features.PairFeatures`.
        labels: bool [n], True for a clone.
        renamed: bool [n], equal T2 keys in one language: the fingerprint settles these.
        same_language: bool [n].
        groups: int64 [n, 2], group of the query and of the candidate, numbered within the set.
    """

    features: F32
    labels: Mask
    renamed: Mask
    same_language: Mask
    groups: I64

    def __len__(self) -> int:
        return len(self.labels)

    def where(self, chosen: Mask | I64) -> Candidates:
        """The chosen pairs, in their order."""
        return Candidates(
            self.features[chosen],
            self.labels[chosen],
            self.renamed[chosen],
            self.same_language[chosen],
            self.groups[chosen],
        )

    @staticmethod
    def join(parts: Sequence[Candidates]) -> Candidates:
        """All pairs of several sets; their groups get distinct numbers."""
        offset, groups = 0, []
        for part in parts:
            groups.append(part.groups + offset)
            offset += int(part.groups.max(initial=-1)) + 1
        return Candidates(
            np.concatenate([part.features for part in parts]),
            np.concatenate([part.labels for part in parts]),
            np.concatenate([part.renamed for part in parts]),
            np.concatenate([part.same_language for part in parts]),
            np.concatenate(groups),
        )


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """A training set that is indexed.

    Attributes:
        index: Its contents.
        labelled: The fragments, in the order of ``index.rows``.
        pairs: Labels of single pairs by their two ids in order; they win over the groups. Where a set has
            them, a pair of one group without a label of its own is unknown and left out.
    """

    index: LabelledIndex
    labelled: Sequence[LabelledFragment]
    pairs: Mapping[tuple[str, str], bool]

    def label(self, query: int, other: int) -> bool | None:
        """Whether two labelled fragments are clones; None when nobody knows."""
        a, b = self.labelled[query], self.labelled[other]
        known = self.pairs.get((min(a.id, b.id), max(a.id, b.id)))
        if known is not None:
            return known
        same = a.group == b.group
        return None if same and self.pairs else same


def labels_by_ids(pairs: Sequence[LabelledPair]) -> dict[tuple[str, str], bool]:
    """Labels as :class:`LabelledSet` looks them up."""
    return {(min(pair.a, pair.b), max(pair.a, pair.b)): pair.label for pair in pairs}


def retrieved_candidates(
    training: LabelledSet, lane: CandidateLane, queries: int, depth: int, idf: F32, seed: int
) -> Candidates:
    """The best ``depth`` candidates of ``queries`` fragments drawn at random, those of unknown label left
    out.
    """
    rows = training.index.rows
    _, first_of_row = np.unique(rows, return_index=True)  # one query per content
    chosen = random.Random(seed).sample(first_of_row.tolist(), min(queries, len(first_of_row)))  # noqa: S311
    pairs: list[tuple[int, int, bool]] = []
    for start in range(0, len(chosen), _QUERIES_AT_ONCE):
        batch = chosen[start : start + _QUERIES_AT_ONCE]
        fragments = [training.index.snapshot.fragment(int(rows[query])) for query in batch]
        for query, hits in zip(batch, lane.search(fragments, depth + 1), strict=True):
            found = hits.rows[hits.rows != rows[query]][:depth]
            for other in training.index.order[training.index.starts[found]].tolist():
                label = training.label(query, other)
                if label is not None:
                    pairs.append((query, other, label))
    return describe_pairs(training, pairs, idf)


def describe_pairs(training: LabelledSet, pairs: Sequence[tuple[int, int, bool]], idf: F32) -> Candidates:
    """Features of pairs of positions with their labels."""
    group_numbers = {name: number for number, name in enumerate(sorted({f.group for f in training.labelled}))}
    index = training.index
    contents: dict[int, tuple[Fragment, Profile]] = {}

    def content(position: int) -> tuple[Fragment, Profile]:
        row = int(index.rows[position])
        if row not in contents:
            fragment = index.snapshot.fragment(row)
            contents[row] = fragment, Profile.of(fragment)
        return contents[row]

    features = np.empty((len(pairs), len(FEATURE_NAMES)), np.float32)
    renamed, same_language = np.zeros(len(pairs), bool), np.zeros(len(pairs), bool)
    for number, (query, other, _) in enumerate(pairs):
        (ours, our_profile), (theirs, their_profile) = content(query), content(other)
        vectors = index.snapshot.vectors(index.rows[[query, other]])
        features[number] = pair_features(
            ours,
            theirs,
            (our_profile, their_profile),
            align(ours, theirs),
            float(vectors[0] @ vectors[1]),
            idf,
        ).vector()
        renamed[number] = ours.renamed_key == theirs.renamed_key
        same_language[number] = ours.language == theirs.language
    numbers = np.array([group_numbers[fragment.group] for fragment in training.labelled], np.int64)
    sides = np.array([pair[:2] for pair in pairs], np.int64).reshape(-1, 2)
    return Candidates(
        features,
        np.array([label for _, _, label in pairs], bool),
        renamed,
        same_language,
        numbers[sides].reshape(-1, 2),
    )
