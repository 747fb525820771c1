"""The open training sets and how much is taken of each."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codesearch.core.errors import InputError
from codesearch.evaluation.datasets import (
    LabelledFragment,
    LabelledPair,
    cap_exact_copies,
    in_splits,
    read_fragments,
    read_pairs,
)
from codesearch.evaluation.ranking import Scope

TRAINING_SPLIT, VALIDATION_SPLIT = "train", "valid"
REAL_CODE = "realcode"
_ALL = 1 << 30


@dataclass(frozen=True, slots=True)
class Diet:
    """How the embedder is fed with a set.

    Attributes:
        share: Of all batches.
        per_group: Fragments of one group in a batch.
        renamed: Share of the fragments whose own names are taken away, so that the rest must do.
    """

    share: float
    per_group: int
    renamed: float


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """One labelled set that shipped models may be made from.

    Attributes:
        name: Stem of its files.
        title: As model cards name it.
        licence: What is known of the terms of its code.
        per_group: Fragments taken of one group at most for calibration, so that a candidate's chance to be a
            clone is not that of a set with hundreds of solutions of each problem.
        licensed: Its code comes under terms that allow this use.
        paired: It labels pairs; where it does not, fragments of one group are clones of each other.
        real: Functions of real projects, not contest programs.
        templated: Its names come from a template that all solutions of a problem share; a calibration reads
            it without them, or it would learn that names in common make a clone.
        diet: How the embedder is fed with it; None where it is not.
        validated: Scope in which the embedder is watched on its validation split; None where it is not.
        optional: Left out where it is not in the folder.
        own: Given by the user.
    """

    name: str
    title: str
    licence: str
    per_group: int
    licensed: bool = False
    paired: bool = False
    real: bool = False
    templated: bool = False
    diet: Diet | None = None
    validated: Scope | None = None
    optional: bool = False
    own: bool = False

    @property
    def share(self) -> float:
        """Of the embedder's batches, before they are made to sum to 1."""
        return 0.0 if self.diet is None else self.diet.share

    @property
    def contest(self) -> bool:
        """Contest programs without a licence of their own."""
        return not self.licensed and not self.real and not self.own

    @property
    def unlearnt_split(self) -> str:
        """The split for what is fitted on top of the embedder, which is too sure of what it learnt from."""
        return TRAINING_SPLIT if self.diet is None else VALIDATION_SPLIT


TRAINING_SETS = (
    TrainingSet(
        "bcb",
        "BigCloneBench, near-miss part",
        "functions of public Java projects, no licence of their own, universal research use",
        per_group=100,
        paired=True,
        real=True,
    ),
    TrainingSet(
        "poj104",
        "POJ-104",
        "student programs, no licence of their own, universal research use",
        per_group=40,
        diet=Diet(share=0.15, per_group=16, renamed=0.5),  # 64 problems: many of each, to fill a batch
        validated=Scope.ALL,
    ),
    TrainingSet(
        "atcoder",
        "AtCoder",
        "contest programs, no licence of their own, universal research use",
        per_group=25,
        diet=Diet(share=0.33, per_group=4, renamed=0.5),
        validated=Scope.CROSS_LANGUAGE,
    ),
    TrainingSet(
        "leetcode",
        "LeetCode solutions",
        "MIT and CC-BY-SA",
        per_group=25,
        licensed=True,
        templated=True,
        diet=Diet(share=0.4, per_group=4, renamed=0.7),
        validated=Scope.CROSS_LANGUAGE,
    ),
    TrainingSet(
        REAL_CODE,
        "Functions of one rare name, and versions of one function, in open-source packages",
        "MIT, BSD, Apache and the like",
        per_group=6,
        licensed=True,
        real=True,
        diet=Diet(share=0.12, per_group=2, renamed=0.5),
        optional=True,
    ),
)
"""The sets of the shipped models. Their shares in the embedder's batches leave at least half to code whose
licence allows this use."""


LABELLED_SETS = tuple(item for item in TRAINING_SETS if not item.optional)
"""The sets whose labels people gave, or a judge that ran the code; the others' are probable."""


def embedder_sets(data: Path, *, licensed_only: bool = False) -> list[TrainingSet]:
    """What the embedder learns from: the sets of a folder, or a file as the only one.

    Raises:
        InputError: A set is not in the folder, or nothing is left.
    """
    if data.is_file():
        diet = Diet(share=1.0, per_group=4, renamed=0.5)
        name = data.name.removesuffix(".gz").removesuffix(".jsonl")
        return [
            TrainingSet(name, name, "the user's own", per_group=25, diet=diet, validated=Scope.ALL, own=True)
        ]
    sets = [item for item in TRAINING_SETS if item.diet is not None and (item.licensed or not licensed_only)]
    return [item for item in sets if not item.optional or (data / f"{item.name}.jsonl.gz").is_file()]


def labelled_file(data: Path, training_set: TrainingSet) -> Path:
    """The file of a set: in a folder, or the file itself.

    Raises:
        InputError: It is not in the folder.
    """
    return data if data.is_file() else _file(data, f"{training_set.name}.jsonl.gz")


def training_fragments(
    folder: Path, training_set: TrainingSet, size: int, seed: int, split: str = TRAINING_SPLIT
) -> list[LabelledFragment]:
    """At most ``size`` fragments of a split, drawn at random.

    Raises:
        InputError: The data is not in the folder, or has no such split.
    """
    rows = in_splits(read_fragments(_file(folder, f"{training_set.name}.jsonl.gz")), [split])
    random.Random(seed).shuffle(rows)  # noqa: S311  a reproducible sample, not a secret
    return rows[:size]


def unlearnt_groups(folder: Path, training_set: TrainingSet, size: int, seed: int) -> list[LabelledFragment]:
    """At most ``size`` fragments that the embedder did not learn from: groups in random order, each cut to
    its limit.

    Raises:
        InputError: The data is not in the folder, or has no such split.
    """
    rows = training_fragments(folder, training_set, _ALL, seed, training_set.unlearnt_split)
    draw = random.Random(seed)  # noqa: S311  likewise
    groups = sorted({row.group for row in rows})
    draw.shuffle(groups)
    rank = {group: number for number, group in enumerate(groups)}
    taken: Counter[str] = Counter()
    kept = []
    for row in rows:
        taken[row.group] += 1
        if taken[row.group] <= training_set.per_group:
            kept.append(row)
    return sorted(kept, key=lambda row: rank[row.group])[:size]


def real_haystack(folder: Path) -> list[LabelledFragment]:
    """Functions of open-source packages, for what other real functions find among them; empty where the
    folder has none.
    """
    path = folder / f"{REAL_CODE}.jsonl.gz"
    return read_fragments(path) if path.is_file() else []


def unlearnt_pairs(
    folder: Path, training_set: TrainingSet, fragments: Sequence[LabelledFragment], seed: int
) -> list[LabelledPair]:
    """Labelled pairs among fragments of :func:`unlearnt_groups`, few per set of exact copies.

    Raises:
        InputError: The data is not in the folder.
    """
    if not training_set.paired:
        return []
    path = _file(folder, f"{training_set.name}.pairs.jsonl.gz")
    pairs = in_splits(read_pairs(path), [training_set.unlearnt_split])
    present = {fragment.id for fragment in fragments}
    inside = [pair for pair in pairs if pair.a in present and pair.b in present]
    return cap_exact_copies(inside, fragments, seed=seed)


def _file(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        raise InputError(f"no training data at {path}", "name the folder of the labelled data with --data")
    return path
