"""All clone classes of a population."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from codesearch.audit.classes.asking import Asking
from codesearch.audit.classes.describing import Character, Describing, UnnamedClass
from codesearch.audit.classes.description import Rating
from codesearch.audit.classes.evidence_cache import EvidenceCache
from codesearch.audit.classes.families import Families, find_families
from codesearch.audit.classes.folding import folded
from codesearch.audit.classes.pair_judging import PairJudge, PairVerdict
from codesearch.audit.classes.parts import Group, apart, whole_parts
from codesearch.audit.classes.population import Population, token_counts
from codesearch.audit.classes.semantic import SemanticClass, find_semantic
from codesearch.audit.classes.shared_runs import find_shared_runs
from codesearch.audit.classes.textual_judging import judge_groups
from codesearch.core.device import CPU, Device
from codesearch.core.feedback import ContentPair
from codesearch.core.results import CloneType, Place
from codesearch.core.store.snapshot import Snapshot as StoreSnapshot
from codesearch.core.types import I64, Role
from codesearch.core.workers import HERE, Workers
from reranker.judge.stage import JudgeStage


@dataclass(frozen=True, slots=True)
class Scope:
    """What counts as a finding.

    Attributes:
        types: Clone types wanted.
        roles: Roles of the classes that are described; the others are counted.
        smallest: Lines and tokens of a member at least.
        cross_language: Whether code of two languages can be of one class.
    """

    types: frozenset[CloneType]
    roles: frozenset[Role]
    smallest: tuple[int, int]
    cross_language: bool


@dataclass(frozen=True, slots=True)
class Judges:
    """Who decides about pairs.

    Attributes:
        rating: Rates pairs that their text makes clones.
        settles: Settles pairs that their embeddings propose; None where no model is asked.
        stage: Makes those who are asked about what the text or ``settles`` leaves open; None where nobody is.
        rejected: Pairs that the user said are no clones.
    """

    rating: Rating
    settles: PairJudge | None = None
    stage: Callable[[], JudgeStage] | None = None
    rejected: frozenset[ContentPair] = frozenset()


@dataclass(frozen=True, slots=True)
class Means:
    """What the work is done with; what is found does not depend on it.

    Attributes:
        workers: Look for pairs and compare them.
        device: Where the nearest embeddings are looked for; GPUs take the place of the workers.
    """

    workers: Workers = HERE
    device: Device = CPU


@dataclass(frozen=True, slots=True)
class Findings:
    """What a population holds.

    Attributes:
        classes: Those of the wanted roles, largest first.
        places: Role of every class that was found, and where its members stand.
        compared: Candidate pairs whose text was compared.
        refused: Classes of the text that a judge took for none.
        degraded: What of the judges did not go as configured.
    """

    classes: list[UnnamedClass]
    places: list[tuple[Role, list[Place]]]
    compared: int
    refused: int = 0
    degraded: frozenset[str] = frozenset()


def find_classes(
    population: Population,
    store: StoreSnapshot,
    scope: Scope,
    cache: EvidenceCache,
    judges: Judges,
    means: Means,
) -> Findings:
    """Every clone class of a population; a place is in no two classes that tell the same.

    Args:
        population: What is compared.
        store: What the population was read from.
        scope: What counts.
        cache: Textual evidence of earlier runs; saved when all is compared.
        judges: Rate and settle pairs.
        means: What the work is done with.
    """
    # First: what is missing for a model is told before anything is compared.
    asking = Asking(judges.stage(), population, store, scope.roles) if judges.stage else None
    cross_language, workers = scope.cross_language, means.workers
    families = find_families(population, scope.types, cache, workers, cross_language=cross_language)
    family_of = _numbered(families, len(population.snapshot))
    groups = list(_family_groups(population, family_of))
    if CloneType.T3 in scope.types:
        groups += find_shared_runs(
            population,
            store.connection,
            family_of,
            workers,
            smallest=scope.smallest,
            cross_language=cross_language,
        )
    cache.save()
    describing = Describing(population, store.connection, judges.rating)
    semantic: dict[Group, Character] = {}
    if CloneType.T4 in scope.types and judges.settles is not None:
        classes = find_semantic(
            population,
            family_of,
            judges.settles,
            workers,
            means.device,
            asking,
            cross_language=cross_language,
        )
        for group, weakest in _semantic_groups(population, classes):
            character = describing.semantic(group, weakest)
            if character.clone_type in scope.types:  # what is not wanted may not hide what is
                semantic[group] = character
    found = {
        group: semantic.get(group) or describing.textual(group) for group in folded([*groups, *semantic])
    }
    found = {group: character for group, character in found.items() if character.clone_type in scope.types}
    if asking is None:
        return _described(found, scope, describing, families.compared)
    # After folding, so that no call is spent on what a larger class tells already.
    textual = {
        group: character
        for group, character in found.items()
        if group not in semantic and asking.concerns(part.occurrence for part in group)
    }
    judged = judge_groups(textual, describing, asking, judges.rejected)
    left = {
        group: judged.confirmed.get(group, found[group]) for group in found if group not in judged.refused
    }
    findings = _described(left, scope, describing, families.compared)
    return replace(findings, refused=len(judged.refused), degraded=asking.degraded)


def _described(
    groups: Mapping[Group, Character], scope: Scope, describing: Describing, compared: int
) -> Findings:
    """Count groups, and describe those of a wanted role."""
    roles = {group: describing.role(group) for group in groups}
    return Findings(
        [
            describing.unnamed(group, character)
            for group, character in groups.items()
            if roles[group] in scope.roles
        ],
        [(role, [describing.place(part) for part in group]) for group, role in roles.items()],
        compared,
    )


def _semantic_groups(
    population: Population, classes: Iterable[SemanticClass]
) -> Iterator[tuple[Group, PairVerdict]]:
    """The first occurrence, by file and line, of each content of a class, with its weakest pair."""
    sizes = token_counts(population.snapshot)
    rows, first = np.unique(population.rows, return_index=True)
    for found in classes:
        occurrences = first[np.searchsorted(rows, found.rows)]
        group = apart(whole_parts(population, occurrences.tolist(), sizes))
        if len(group) > 1:
            yield group, found.weakest


def _family_groups(population: Population, family_of: I64) -> Iterator[Group]:
    """The places of every family that has more than one."""
    sizes = token_counts(population.snapshot)
    families = family_of[population.rows]
    order = np.argsort(families, kind="stable")
    counts = np.bincount(families)
    ends = np.cumsum(counts)
    for family in np.flatnonzero(counts > 1).tolist():
        occurrences = order[ends[family] - counts[family] : ends[family]]
        group = apart(whole_parts(population, occurrences.tolist(), sizes))
        if len(group) > 1:
            yield group


def _numbered(families: Families, count: int) -> I64:
    """int64 [count]: the number of each row's class, -1 for rows that were not compared."""
    numbers = np.full(count, -1, np.int64)
    for number, rows in enumerate(families.rows):
        numbers[rows] = number
    return numbers
