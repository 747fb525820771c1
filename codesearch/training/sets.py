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

TRAINING_SPLIT = "train"
_ALL = 1 << 30


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
    """

    name: str
    title: str
    licence: str
    per_group: int
    licensed: bool = False
    paired: bool = False
    real: bool = False


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
        "poj104", "POJ-104", "student programs, no licence of their own, universal research use", per_group=40
    ),
    TrainingSet(
        "atcoder",
        "AtCoder",
        "contest programs, no licence of their own, universal research use",
        per_group=25,
    ),
    TrainingSet("leetcode", "LeetCode solutions", "MIT and CC-BY-SA", per_group=25, licensed=True),
)


def training_fragments(
    folder: Path, training_set: TrainingSet, size: int, seed: int
) -> list[LabelledFragment]:
    """At most ``size`` fragments of the training split, drawn at random.

    Raises:
        InputError: The data is not in the folder, or has no training split.
    """
    rows = in_splits(read_fragments(_file(folder, f"{training_set.name}.jsonl.gz")), [TRAINING_SPLIT])
    random.Random(seed).shuffle(rows)  # noqa: S311  a reproducible sample, not a secret
    return rows[:size]


def training_groups(folder: Path, training_set: TrainingSet, size: int, seed: int) -> list[LabelledFragment]:
    """At most ``size`` fragments of the training split: groups in random order, each cut to its limit.

    Raises:
        InputError: The data is not in the folder, or has no training split.
    """
    rows = training_fragments(folder, training_set, _ALL, seed)
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


def training_pairs(
    folder: Path, training_set: TrainingSet, fragments: Sequence[LabelledFragment], seed: int
) -> list[LabelledPair]:
    """Labelled pairs of the training split among the fragments, few per set of exact copies.

    Raises:
        InputError: The data is not in the folder.
    """
    if not training_set.paired:
        return []
    pairs = in_splits(read_pairs(_file(folder, f"{training_set.name}.pairs.jsonl.gz")), [TRAINING_SPLIT])
    present = {fragment.id for fragment in fragments}
    inside = [pair for pair in pairs if pair.a in present and pair.b in present]
    return cap_exact_copies(inside, fragments, seed=seed)


def _file(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        raise InputError(f"no training data at {path}", "name the folder of the labelled data with --data")
    return path
