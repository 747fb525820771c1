"""Whether one way of asking is right more often than another: McNemar's test on the same pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import comb

from codesearch.core.types import Mask
from codesearch.evaluation.study.plan import Cell, Variant
from codesearch.evaluation.study.reading import Readings, Said

BASE_PROMPT = "zero-shot"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two cells, by what came of asking about each pair for the first time.

    Attributes:
        cell: The one that is tried.
        base: What it is compared with.
        pairs: Pairs with an outcome in both.
        gained: Pairs that only ``cell`` gets right.
        lost: Pairs that only ``base`` gets right.
        p: Of McNemar's (1947) test, exact and two-sided: chance of a difference as large between equals.
        adjusted: The same after Holm (1979), over all comparisons of the study; below .05 is worth belief.
    """

    cell: Cell
    base: Cell
    pairs: int
    gained: int
    lost: int
    p: float
    adjusted: float = 1.0


def compare(read: Mapping[Cell, Readings], labels: Mask) -> list[Comparison]:
    """Every context against none, and every prompt against zero-shot, all else equal; labels bool [pairs]."""
    found = [
        _compared(cell, base, read, labels)
        for cell in read
        for base in read
        if _differs_in_context(cell, base) or _differs_in_prompt(cell, base)
    ]
    adjusted = holm([one.p for one in found])
    return [replace(one, adjusted=p) for one, p in zip(found, adjusted, strict=True)]


def mcnemar(gained: int, lost: int) -> float:
    """Two-sided p of the exact test: what only one side gets right falls on either like a fair coin."""
    tosses = gained + lost
    tail = sum(comb(tosses, heads) for heads in range(min(gained, lost) + 1))
    return min(1.0, 2 * tail / (1 << tosses))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted for their number, in order: none of those below .05 is a chance find, 19 times in 20."""
    adjusted = [0.0] * len(p_values)
    most = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        most = max(most, min(1.0, p_values[place] * (len(p_values) - rank)))
        adjusted[place] = most
    return adjusted


def _differs_in_context(cell: Cell, base: Cell) -> bool:
    same = (cell.prompt, cell.temperature) == (base.prompt, base.temperature)
    return same and base.variant is Variant.NONE and cell.variant is not Variant.NONE


def _differs_in_prompt(cell: Cell, base: Cell) -> bool:
    same = (cell.variant, cell.temperature) == (base.variant, base.temperature)
    return same and base.prompt.id == BASE_PROMPT and cell.prompt.id != BASE_PROMPT


def _compared(cell: Cell, base: Cell, read: Mapping[Cell, Readings], labels: Mask) -> Comparison:
    ours, theirs = read[cell].said[:, 0], read[base].said[:, 0]
    truth = labels.astype(ours.dtype) * (Said.CLONE - Said.NOT_CLONE) + Said.NOT_CLONE
    both = (ours >= 0) & (theirs >= 0)
    gained = int((both & (ours == truth) & (theirs != truth)).sum())
    lost = int((both & (ours != truth) & (theirs == truth)).sum())
    return Comparison(cell, base, int(both.sum()), gained, lost, mcnemar(gained, lost))
