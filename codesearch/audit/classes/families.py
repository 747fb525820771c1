"""Classes of whole contents: equal, renamed, near miss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from codesearch.audit.classes.atoms import Atoms, make_atoms
from codesearch.audit.classes.declarations import LEAST_AGREEMENT, join_renamed, only_declare
from codesearch.audit.classes.evidence_cache import EvidenceCache
from codesearch.audit.classes.grouping import IsClone, group_contents
from codesearch.audit.classes.population import Population
from codesearch.audit.classes.verification import LEAST_PRODUCT, Verifier, is_class_pair
from codesearch.core.results import CloneType
from codesearch.core.types import I64
from codesearch.core.workers import Workers
from retriever.joins.contents import Contents, without_run_order
from retriever.joins.near_miss import near_miss_pairs
from retriever.joins.sketches import sketch_contents


@dataclass(frozen=True, slots=True)
class Families:
    """Classes of contents.

    Attributes:
        rows: int64 rows of each class; a row is in at most one. A class of one row is a content that occurs
            more than once.
        compared: Pairs whose text was compared.
    """

    rows: list[I64]
    compared: int


def find_families(
    population: Population,
    types: frozenset[CloneType],
    cache: EvidenceCache,
    workers: Workers,
    *,
    cross_language: bool,
) -> Families:
    """Classes of contents, every content in exactly one.

    Args:
        population: What is compared.
        types: Clone types wanted: T2 merges renamed contents, T3 near misses.
        cache: Evidence of earlier runs.
        workers: Look for pairs and compare them.
        cross_language: Whether equal contents of two languages are one class.
    """
    textual = CloneType.T3 in types
    snapshot = population.snapshot
    rows = without_run_order(snapshot, population.rows)
    declaring = only_declare(population)
    merging = textual or CloneType.T2 in types
    renamed = ~declaring[rows] & merging
    atoms = make_atoms(snapshot, rows, renamed, cross_language=cross_language, workers=workers)
    if merging:
        atoms = join_renamed(snapshot, atoms, declaring, cross_language=cross_language)
    if not textual:
        return Families(list(atoms.members), 0)
    contents = Contents(snapshot, atoms.representatives)
    sketches = sketch_contents(contents, workers)
    pairs = near_miss_pairs(sketches, LEAST_PRODUCT, workers)
    codes = snapshot.language_codes[atoms.representatives]
    same = codes[pairs.left] == codes[pairs.right]  # the text of two languages proves nothing
    left, right = pairs.left[same], pairs.right[same]
    declares, sizes = declaring[atoms.representatives], sketches.sizes.tolist()
    verifier = Verifier(contents, sketches.grams, cache, workers)
    del sketches  # half a kilobyte of each content; of that its n-grams are still needed
    verifier.prepare(left, right)

    def is_clone(first: int, second: int) -> bool:
        evidence = verifier.evidence(first, second)
        asked = LEAST_AGREEMENT if declares[first] or declares[second] else 0.0
        tokens = min(sizes[first], sizes[second])
        return is_class_pair(evidence, tokens) and evidence.agreement >= asked

    classes = group_contents(_strongest_first(verifier, is_clone, left, right), is_clone)
    return Families(list(_joined(atoms, classes)), verifier.compared)


def _strongest_first(
    verifier: Verifier, is_clone: IsClone, left: I64, right: I64
) -> Iterable[tuple[int, int]]:
    """The pairs that are clones, ties by position."""
    pairs = zip(left.tolist(), right.tolist(), strict=True)
    clones = [(-verifier.evidence(*pair).strength, pair) for pair in pairs if is_clone(*pair)]
    return [pair for _, pair in sorted(clones)]


def _joined(atoms: Atoms, classes: Iterable[list[int]]) -> Iterator[I64]:
    """The rows of every class, and of every atom that is in none."""
    alone = np.ones(len(atoms.members), bool)
    for positions in classes:
        alone[positions] = False
        yield np.concatenate([atoms.members[position] for position in positions])
    for position in np.flatnonzero(alone).tolist():
        yield atoms.members[position]
