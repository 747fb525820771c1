"""Classes that only the semantic lane vouches for: functions that do the same in other words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesearch.audit.classes.asking import Asking
from codesearch.audit.classes.grouping import group_contents
from codesearch.audit.classes.pair_judging import (
    LEAST_COSINE,
    Neighbourhood,
    PairJudge,
    PairJudging,
    PairVerdict,
    Pieces,
    Subjects,
)
from codesearch.audit.classes.population import Population, token_counts
from codesearch.core.device import CPU, Device
from codesearch.core.types import I64
from codesearch.core.workers import HERE, Workers
from retriever.joins.contents import without_run_order
from retriever.joins.dense import Strata, dense_pairs

LEAST_TOKENS = 50  # a shorter function has too little meaning to be told from its idiom


@dataclass(frozen=True, slots=True)
class SemanticClass:
    """Contents that do the same.

    Attributes:
        rows: int64 [m], snapshot rows, ascending.
        weakest: About the least probable pair of the first and another one.
    """

    rows: I64
    weakest: PairVerdict


def find_semantic(
    population: Population,
    family_of: I64,
    judge: PairJudge,
    workers: Workers = HERE,
    device: Device = CPU,
    asking: Asking | None = None,
    *,
    cross_language: bool,
) -> list[SemanticClass]:
    """The classes, by their first content.

    A row stands for its family: copies and near copies of it are a finding of their own.

    Args:
        population: What is compared; its snapshot has vectors.
        family_of: int64 [rows], number of each content's family.
        judge: Settles the pairs that the embeddings propose.
        workers: Look for the pairs and settle them.
        device: Where the nearest embeddings are looked for.
        asking: Asked about the pairs that ``judge`` leaves open; None where such pairs are no clones.
        cross_language: Whether code of two languages can be of one class.
    """
    snapshot = population.snapshot
    rows = _representatives(population, family_of)
    codes = snapshot.language_codes[rows]
    keys = [key.tobytes() for key in snapshot.exact_keys[rows]]
    strata = Strata.of(codes, token_counts(snapshot)[rows])
    pairs = dense_pairs(snapshot.vectors(rows), strata, keys, workers, device)
    allowed = np.full(len(pairs), True) if cross_language else codes[pairs.left] == codes[pairs.right]
    left, right, cosines = pairs.left[allowed], pairs.right[allowed], pairs.estimate[allowed]
    judging = PairJudging(
        Subjects(snapshot, rows),
        Pieces(population, rows),
        judge,
        asking,
        Neighbourhood(left, right, cosines),
    )
    near = cosines >= LEAST_COSINE
    proposed = list(zip(left[near].tolist(), right[near].tolist(), strict=True))
    judging.settle(proposed, workers)
    clones = [pair for pair in proposed if judging.is_clone(*pair)]
    clones.sort(key=lambda pair: (-judging.probability(*pair), pair))
    classes = group_contents(clones, judging.is_clone)
    return [SemanticClass(rows[members], judging.weakest(members)) for members in classes]


def _representatives(population: Population, family_of: I64) -> I64:
    """The first row of every family of functions that is large enough, in the order of contents."""
    functions = population.outermost_functions()
    rows = without_run_order(population.snapshot, population.rows[functions])
    rows = rows[token_counts(population.snapshot)[rows] >= LEAST_TOKENS]
    _, first = np.unique(family_of[rows], return_index=True)
    return rows[np.sort(first)]
