"""Whether one way of asking is right more often than another: McNemar's test on the same pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import comb

from codesearch.core.types import Mask
from codesearch.evaluation.study.plan import Cell, Variant
from codesearch.evaluation.study.reading import Readings, Said

_BASE_PROMPT = "zero-shot"
BELIEVED = 0.05


class Family(StrEnum):
    """In what alone two cells differ; the comparisons of a family answer one question together."""

    CONTEXT = "context"
    PROMPT = "prompt"
    TEMPERATURE = "temperature"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two cells, by what came of asking about each pair for the first time.

    Attributes:
        family: In what they differ.
        cell: The one that is tried.
        base: What it is compared with.
        pairs: Pairs with an outcome in both.
        gained: Pairs that only ``cell`` gets right.
        lost: Pairs that only ``base`` gets right.
        p: Of McNemar's (1947) test, exact and two-sided: chance of a difference as large between equals.
        adjusted: The same after Holm (1979), over the comparisons of the family.
    """

    family: Family
    cell: Cell
    base: Cell
    pairs: int
    gained: int
    lost: int
    p: float
    adjusted: float = 1.0

    @property
    def believed(self) -> bool:
        """Whether it can be told from chance."""
        return self.adjusted < BELIEVED


def compare(read: Mapping[Cell, Readings], labels: Mask) -> list[Comparison]:
    """Every context against none, every prompt against zero-shot and every temperature against the first.

    All else is equal. Where zero-shot was not tried the first prompt stands in for it.

    Args:
        read: Cells in the order of the plan.
        labels: bool [pairs].
    """
    found: list[Comparison] = []
    for family in Family:
        pairs = list(_pairs(family, tuple(read)))
        counted = [_compared(family, cell, base, read, labels) for cell, base in pairs]
        adjusted = holm([one.p for one in counted])
        found += [replace(one, adjusted=p) for one, p in zip(counted, adjusted, strict=True)]
    return found


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


def _pairs(family: Family, cells: Sequence[Cell]) -> Iterator[tuple[Cell, Cell]]:
    """Cells with the one that each is compared with."""
    prompts = dict.fromkeys(cell.prompt for cell in cells)
    base_prompt = next((prompt for prompt in prompts if prompt.id == _BASE_PROMPT), next(iter(prompts)))
    for cell in cells:
        base = {
            Family.CONTEXT: replace(cell, variant=Variant.NONE),
            Family.PROMPT: replace(cell, prompt=base_prompt),
            Family.TEMPERATURE: replace(cell, temperature=cells[0].temperature),
        }[family]
        if base != cell and base in cells:
            yield cell, base


def _compared(
    family: Family, cell: Cell, base: Cell, read: Mapping[Cell, Readings], labels: Mask
) -> Comparison:
    ours, theirs = read[cell].said[:, 0], read[base].said[:, 0]
    truth = labels.astype(ours.dtype) * (Said.CLONE - Said.NOT_CLONE) + Said.NOT_CLONE
    both = (ours >= 0) & (theirs >= 0)
    gained = int((both & (ours == truth) & (theirs != truth)).sum())
    lost = int((both & (ours != truth) & (theirs == truth)).sum())
    return Comparison(family, cell, base, int(both.sum()), gained, lost, mcnemar(gained, lost))
