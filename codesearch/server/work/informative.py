"""Which labels would tell most: uncertain ones that stand for many others that nothing was said of yet."""

from __future__ import annotations

import numpy as np

from codesearch.core.types import F64, Mask


def uncertainty(before: F64, after: F64) -> F64:
    """float64 [n]: what a person's verdict on each pair is expected to tell, in bits, and what those who
    rate it disagree by.

    Args:
        before: float64 [n], P(clone) of the cascade.
        after: float64 [n], the same with precedents weighed.
    """
    p = np.clip(after, 1e-9, 1 - 1e-9)
    entropy: F64 = -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
    return entropy + np.abs(after - before)


def most_informative(uncertain: F64, likeness: F64, known: F64, count: int) -> list[int]:
    """At most ``count`` positions, most informative first.

    Each next one is that whose verdict says most about pairs of which nothing chosen before says as much:
    greedy facility location (Krause and Golovin 2014), weighed by how uncertain the pairs are, so that one
    of ten near-identical pairs is chosen early and the others late.

    Args:
        uncertain: float64 [n], 0 or more.
        likeness: float64 [n, n], symmetric, 0 to 1: how much a verdict on one says about another.
        known: float64 [n], 0 to 1: how much is said about each by verdicts that there are.
        count: Positions wanted.
    """
    covered = known.copy()
    left: Mask = np.ones(len(uncertain), bool)
    chosen: list[int] = []
    while len(chosen) < min(count, len(uncertain)):
        gains = np.maximum(likeness - covered, 0) @ uncertain
        scores = np.where(left, uncertain * gains, -1.0)
        best = int(scores.argmax())  # the first of equal ones
        chosen.append(best)
        left[best] = False
        covered = np.maximum(covered, likeness[best])
    return chosen
