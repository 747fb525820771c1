"""What a cross-encoder learns from and what is held out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from enum import StrEnum

from codesearch.evaluation.datasets import LabelledFragment, LabelledPair

_HELD_OUT = 10  # every tenth group, where the data does not say
_FEWEST = 2  # groups: one alone has nothing to be told from


class Split(StrEnum):
    """Part of labelled data; the test part is never read."""

    TRAIN = "train"
    VALID = "valid"
    TEST = "test"


def fragment_splits(rows: Sequence[LabelledFragment], seed: int) -> list[Split]:
    """The split of each row: its own, or training where it names none.

    Where no row is for validation a tenth of the training groups are, drawn by the seed, and at least two;
    with fewer than four groups none.
    """
    splits = [_named(row.split) for row in rows]
    if Split.VALID in splits:
        return splits
    groups = sorted({row.group for row, split in zip(rows, splits, strict=True) if split is Split.TRAIN})
    if len(groups) < 2 * _FEWEST:
        return splits
    count = max(_FEWEST, len(groups) // _HELD_OUT)
    held_out = set(random.Random(seed).sample(groups, count))  # noqa: S311  a reproducible draw, no secret
    return [
        Split.VALID if split is Split.TRAIN and row.group in held_out else split
        for row, split in zip(rows, splits, strict=True)
    ]


def pair_splits(pairs: Sequence[LabelledPair], sides: Sequence[tuple[Split, Split]]) -> list[Split]:
    """The split of each pair: its own where pairs have a validation split, else that of its sides.

    One side that is not for training keeps a pair from being learnt from, and one for testing from being
    read at all.

    Args:
        pairs: Labelled pairs.
        sides: Splits of their two fragments.
    """
    own = any(pair.split == Split.VALID for pair in pairs)
    return [
        _named(pair.split) if own or pair.split == Split.TEST else max(both, key=list(Split).index)
        for pair, both in zip(pairs, sides, strict=True)
    ]


def _named(name: str) -> Split:
    """A split by name; one of another name is none that may be learnt from."""
    if not name:
        return Split.TRAIN
    return Split(name) if name in set(Split) else Split.TEST
