"""All clone classes of a population."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import Connection

from codesearch.audit.classes.assembly import assemble, second_role
from codesearch.audit.classes.description import Rating, compare_members, content_of
from codesearch.audit.classes.evidence_cache import EvidenceCache
from codesearch.audit.classes.families import Families, find_families
from codesearch.audit.classes.folding import folded
from codesearch.audit.classes.identity import shared_mark
from codesearch.audit.classes.parts import Group, Part, apart, whole_parts
from codesearch.audit.classes.population import Population, token_counts
from codesearch.audit.classes.semantic import PairJudge, find_semantic
from codesearch.audit.classes.shared_runs import find_shared_runs
from codesearch.core.audit import CloneClass, Member
from codesearch.core.results import CloneType, Place
from codesearch.core.types import I64, FragmentKind, Role
from reranker.cascade import ALIGNED_SIMILARITY


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
    """

    rating: Rating
    settles: PairJudge | None = None


@dataclass(frozen=True, slots=True)
class UnnamedClass:
    """A class without its id; ``mark`` is what it will be recognised by."""

    found: CloneClass
    mark: bytes


@dataclass(frozen=True, slots=True)
class Findings:
    """What a population holds.

    Attributes:
        classes: Those of the wanted roles, largest first.
        places: Role of every class that was found, and where its members stand.
        compared: Candidate pairs whose text was compared.
    """

    classes: list[UnnamedClass]
    places: list[tuple[Role, list[Place]]]
    compared: int


def find_classes(
    population: Population, connection: Connection, scope: Scope, cache: EvidenceCache, judges: Judges
) -> Findings:
    """Every clone class of a population; a place is in no two classes that tell the same.

    Args:
        population: What is compared.
        connection: Of the store that the population was read from.
        scope: What counts.
        cache: Textual evidence of earlier runs; saved when all is compared.
        judges: Rate and settle pairs.
    """
    cross_language = scope.cross_language
    families = find_families(population, scope.types, cache, cross_language=cross_language)
    family_of = _numbered(families, len(population.snapshot))
    groups = list(_family_groups(population, family_of))
    if CloneType.T3 in scope.types:
        groups += find_shared_runs(
            population, connection, family_of, smallest=scope.smallest, cross_language=cross_language
        )
    cache.save()
    describing = _Describing(population, judges.rating)
    semantic: dict[Group, Character] = {}
    if CloneType.T4 in scope.types and judges.settles is not None:
        rated = find_semantic(population, family_of, judges.settles, cross_language=cross_language)
        for group, probability in _semantic_groups(population, rated):
            character = describing.semantic(group, probability)
            if character.clone_type in scope.types:  # what is not wanted may not hide what is
                semantic[group] = character
    findings = Findings([], [], families.compared)
    for group in folded([*groups, *semantic]):
        _take(group, semantic.get(group) or describing.textual(group), scope, findings, describing)
    return findings


def _take(
    group: Group, character: Character, scope: Scope, findings: Findings, describing: _Describing
) -> None:
    """Count a group of a wanted type, and describe it when its role is wanted too."""
    if character.clone_type not in scope.types:
        return
    role, places = describing.role(group), [describing.place(part) for part in group]
    findings.places.append((role, places))
    if role in scope.roles:
        findings.classes.append(describing.unnamed(group, character))


def _semantic_groups(
    population: Population, rated: Iterable[tuple[I64, float]]
) -> Iterator[tuple[Group, float]]:
    """The first occurrence, by file and line, of each content of a class, with the class's probability."""
    sizes = token_counts(population.snapshot)
    rows, first = np.unique(population.rows, return_index=True)
    for members, probability in rated:
        occurrences = first[np.searchsorted(rows, members)]
        group = apart(whole_parts(population, occurrences.tolist(), sizes))
        if len(group) > 1:
            yield group, probability


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


@dataclass(frozen=True, slots=True)
class Character:
    """What a class is, before it is described.

    Attributes:
        clone_type: The loosest type between the first part and another one.
        decided_by: As for a pair.
        probability: P(clone) of the weakest pair; None to rate it by its text.
    """

    clone_type: CloneType
    decided_by: str
    probability: float | None = None


class _Describing:
    """Turns groups into classes."""

    def __init__(self, population: Population, rating: Rating) -> None:
        self._population = population
        self._rating = rating

    def textual(self, group: Group) -> Character:
        """Of a group that its text makes a class."""
        contents = [content_of(self._population.snapshot, part) for part in group]
        if len({content.exact_key for content in contents}) == 1:
            return Character(CloneType.T1, "fingerprint")
        if len({content.renamed_key for content in contents}) == 1:
            return Character(CloneType.T2, "fingerprint")
        return Character(CloneType.T3, "alignment")

    def semantic(self, group: Group, probability: float) -> Character:
        """Of a group that the reranker makes a class."""
        contents = [content_of(self._population.snapshot, part) for part in group]
        comparison = compare_members(contents, self._rating)
        one_language = len({content.language for content in contents}) == 1
        textual = one_language and comparison.similarity >= ALIGNED_SIMILARITY
        return Character(CloneType.T3 if textual else CloneType.T4, "reranker", probability)

    def role(self, group: Group) -> Role:
        """Role of the class that a group is."""
        return second_role(self._population.files[part.file].role for part in group)

    def place(self, part: Part) -> Place:
        """Where a part stands."""
        file = self._population.files[part.file]
        return Place(file.corpus, file.path, part.start_line, part.end_line)

    def unnamed(self, group: Group, character: Character) -> UnnamedClass:
        """The group with everything that a report says about it."""
        distinct = {}
        for part in group:
            key = part.row, part.first, part.last
            if key not in distinct:
                distinct[key] = content_of(self._population.snapshot, part)
        contents = [distinct[part.row, part.first, part.last] for part in group]
        comparison = replace(compare_members(contents, self._rating), clone_type=character.clone_type)
        if character.probability is not None:
            comparison = replace(comparison, probability=character.probability)
        members = [
            self._member(part, content.exact_key.hex()) for part, content in zip(group, contents, strict=True)
        ]
        found = assemble(members, comparison, character.decided_by)
        return UnnamedClass(found, shared_mark(list(distinct.values())))

    def _member(self, part: Part, content: str) -> Member:
        population = self._population
        file = population.files[part.file]
        return Member(
            place=self.place(part),
            name=population.name(part.occurrence),
            kind=population.kind(part.occurrence) if part.whole else FragmentKind.BLOCK,
            language=file.language,
            role=file.role,
            content=content,
        )
