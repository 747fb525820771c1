"""From the folder of labelled data to the files of the hashed n-gram embedder, which learns nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from codesearch.core.types import F32, Fragment
from codesearch.evaluation.parsing import parse_labelled
from codesearch.training.hashed_ngrams import DIM, fit
from codesearch.training.sets import LABELLED_SETS, training_fragments


@dataclass(frozen=True, slots=True)
class BaselinePlan:
    """How much is counted.

    Attributes:
        fragments: Of each set whose code has no licence of its own. The licensed sets together give
            as many as all of those.
        licensed_only: Leave the others out; the licensed sets give what they gave.
        dim: Length of a vector.
        seed: Of the draw.
        jobs: Parser processes.
    """

    fragments: int = 4000
    licensed_only: bool = False
    dim: int = DIM
    seed: int = 0
    jobs: int = 1


def build_baseline(
    data: Path, plan: BaselinePlan, tell: Callable[[str], None]
) -> tuple[F32, F32, dict[str, int]]:
    """IDF float32 [BUCKETS], mean vector float32 [dim], and the number of fragments by set.

    Raises:
        InputError: A set is not in the folder.
    """
    fragments: list[Fragment] = []
    counts: dict[str, int] = {}
    for name, size in _sizes(plan).items():
        tell(name)
        training_set = next(item for item in LABELLED_SETS if item.name == name)
        labelled = training_fragments(data, training_set, size, plan.seed)
        counts[name] = len(labelled)
        fragments += parse_labelled(labelled, plan.jobs)
    return *fit(fragments, plan.dim), counts


def _sizes(plan: BaselinePlan) -> dict[str, int]:
    """Fragments to take of each set; at least half of all are licensed."""
    licensed = [item for item in LABELLED_SETS if item.licensed]
    others = [item for item in LABELLED_SETS if not item.licensed]
    sizes = {item.name: plan.fragments * len(others) // len(licensed) for item in licensed}
    return sizes if plan.licensed_only else {item.name: plan.fragments for item in others} | sizes
