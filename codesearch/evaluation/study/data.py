"""The labelled pairs of a study: a data set, or the user's own verdicts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codesearch.core.errors import InputError
from codesearch.core.feedback import Precedent
from codesearch.core.results import Verdict
from codesearch.evaluation.datasets import (
    LabelledFragment,
    LabelledPair,
    in_splits,
    pair_rows,
    read_fragments,
    read_pairs,
)
from codesearch.report.precedents_file import read_precedents_file


@dataclass(frozen=True, slots=True)
class StudyData:
    """Labelled pairs and the fragments around them.

    Attributes:
        fragments: All that were given, those of no pair too: they may be called by the others.
        pairs: What is asked about.
        origin: Names of the files, for the report.
    """

    fragments: Sequence[LabelledFragment]
    pairs: Sequence[LabelledPair]
    origin: tuple[str, ...]

    def sampled(self, count: int | None, seed: int) -> StudyData:
        """The data with ``count`` of the pairs, drawn at random, in their order."""
        if count is None or count >= len(self.pairs):
            return self
        draw = random.Random(seed)  # noqa: S311  a reproducible sample, not a secret
        chosen = sorted(draw.sample(range(len(self.pairs)), count))
        return StudyData(self.fragments, [self.pairs[number] for number in chosen], self.origin)


def read_labelled(fragments: Path, pairs: Path, splits: Sequence[str]) -> StudyData:
    """A data set; ``splits`` are those of the pairs, all when there is none.

    Raises:
        InputError: It cannot be read or used.
    """
    every = read_fragments(fragments)
    chosen = in_splits(read_pairs(pairs), splits)
    if not chosen:
        raise InputError(f"{pairs} holds no pairs", "give a file with labelled pairs")
    pair_rows(chosen, every)  # refuses pairs of other fragments
    return StudyData(every, chosen, (fragments.name, pairs.name))


def read_examples(path: Path) -> StudyData:
    """What ``codesearch feedback export`` wrote.

    Raises:
        InputError: It cannot be read or used.
    """
    fragments: list[LabelledFragment] = []
    pairs: list[LabelledPair] = []
    for number, precedent in enumerate(read_precedents_file(path, "examples"), start=1):
        sides = _fragments(precedent, number)
        fragments += sides
        a, b = (side.id for side in sides)
        pairs.append(LabelledPair(a, b, precedent.verdict is Verdict.CLONE, "", "", None))
    if not pairs:
        raise InputError(f"{path} holds no verdicts", "give a file that `codesearch feedback export` wrote")
    return StudyData(fragments, pairs, (path.name,))


def _fragments(precedent: Precedent, number: int) -> list[LabelledFragment]:
    return [
        LabelledFragment(f"{number}{letter}", side.language, f"{number}", side.code, "", "")
        for letter, side in zip("ab", precedent.sides, strict=True)
    ]
