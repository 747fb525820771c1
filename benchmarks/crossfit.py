"""The threshold of textual strength, chosen on four folds of groups and applied to the fifth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from benchmarks.peers import Pair
from benchmarks.peers.codesearch import ScoredPair

FOLDS = 5
TARGET = 0.94
GRID = tuple(round(0.40 + 0.01 * step, 2) for step in range(31))

Precision = Callable[[Sequence[Pair]], float | None]


@dataclass(frozen=True, slots=True)
class CrossFit:
    """What came of it.

    Attributes:
        thresholds: By fold, chosen where no fragment of the fold was seen.
        reported: Pairs reported with the thresholds of the folds that their fragments are in.
    """

    thresholds: tuple[float, ...]
    reported: tuple[Pair, ...]


def cross_fit(pairs: Sequence[ScoredPair], group_of: Mapping[str, str], precision: Precision) -> CrossFit:
    """Choose per fold the lowest threshold of the grid that reaches the target precision outside the fold.

    Args:
        pairs: All pairs that any threshold may report.
        group_of: Group of each file.
        precision: Estimated precision of reported pairs.
    """
    folds = [tuple(fold_of(group_of[name]) for name in pair.files) for pair in pairs]
    thresholds = []
    for fold in range(FOLDS):
        others = [pair for pair, touched in zip(pairs, folds, strict=True) if fold not in touched]
        thresholds.append(_lowest(others, precision))
    reported = tuple(
        pair.files
        for pair, touched in zip(pairs, folds, strict=True)
        if pair.textual(max(thresholds[fold] for fold in touched))
    )
    return CrossFit(tuple(thresholds), reported)


def fold_of(group: str) -> int:
    """The fold of a group, the same on every machine."""
    return blake2b(group.encode(), digest_size=4).digest()[0] % FOLDS


def _lowest(pairs: Sequence[ScoredPair], precision: Precision) -> float:
    for threshold in GRID:
        found = precision([pair.files for pair in pairs if pair.textual(threshold)])
        if found is not None and found >= TARGET:
            return threshold
    return GRID[-1]
