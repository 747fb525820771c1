"""All clone classes of a population."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from codesearch.audit.classes.assembly import assemble, second_role
from codesearch.audit.classes.description import Rating, compare_members, content_of
from codesearch.audit.classes.evidence_cache import EvidenceCache
from codesearch.audit.classes.families import Families, find_families
from codesearch.audit.classes.folding import fold
from codesearch.audit.classes.identity import shared_mark
from codesearch.audit.classes.parts import Group, Part, apart, whole_parts
from codesearch.audit.classes.population import Population, token_counts
from codesearch.audit.classes.shared_runs import find_shared_runs
from codesearch.core.audit import CloneClass, Member
from codesearch.core.results import CloneType, Place
from codesearch.core.types import I64, FragmentKind, Role


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
    population: Population,
    connection: Connection,
    scope: Scope,
    cache: EvidenceCache,
    rating: Rating,
) -> Findings:
    """Every clone class of a population; a place is in no two classes that tell the same.

    Args:
        population: What is compared.
        connection: Of the store that the population was read from.
        scope: What counts.
        cache: Textual evidence of earlier runs; saved when all is compared.
        rating: Rates pairs.
    """
    found, compared = _groups(population, connection, scope, cache)
    groups = fold(found)
    cache.save()
    describe = _Describing(population, rating)
    findings = Findings([], [], compared)
    for group in groups:
        if describe.clone_type(group) not in scope.types:
            continue
        role = second_role(population.files[part.file].role for part in group)
        findings.places.append((role, [describe.place(part) for part in group]))
        if role in scope.roles:
            findings.classes.append(describe.unnamed(group))
    return findings


def _groups(
    population: Population, connection: Connection, scope: Scope, cache: EvidenceCache
) -> tuple[Sequence[Group], int]:
    """Places of every class, and the number of candidate pairs whose text was compared."""
    families = find_families(
        population.snapshot,
        np.unique(population.rows),
        scope.types,
        cache,
        cross_language=scope.cross_language,
    )
    groups = list(_family_groups(population, families))
    if CloneType.T3 in scope.types:
        groups += find_shared_runs(
            population,
            connection,
            _numbered(families, len(population.snapshot)),
            smallest=scope.smallest,
            cross_language=scope.cross_language,
        )
    return groups, families.compared


def _family_groups(population: Population, families: Families) -> Iterator[Group]:
    sizes = token_counts(population.snapshot)
    order = np.argsort(population.rows, kind="stable")
    ascending = population.rows[order]
    for rows in families.rows:
        first, last = np.searchsorted(ascending, rows), np.searchsorted(ascending, rows, "right")
        if (last - first).sum() < 2:
            continue
        occurrences = np.concatenate([order[a:b] for a, b in zip(first, last, strict=True)])
        group = apart(whole_parts(population, occurrences.tolist(), sizes))
        if len(group) > 1:
            yield group


def _numbered(families: Families, count: int) -> I64:
    """int64 [count]: the number of each row's class, -1 for rows that were not compared."""
    numbers = np.full(count, -1, np.int64)
    for number, rows in enumerate(families.rows):
        numbers[rows] = number
    return numbers


class _Describing:
    """Turns groups into classes."""

    def __init__(self, population: Population, rating: Rating) -> None:
        self._population = population
        self._rating = rating

    def clone_type(self, group: Group) -> CloneType:
        """The loosest type between the first part and another one."""
        snapshot = self._population.snapshot
        if all(part.whole for part in group):
            rows = sorted({part.row for part in group})
            if len(np.unique(snapshot.exact_keys[rows], axis=0)) == 1:
                return CloneType.T1
            renamed = len(np.unique(snapshot.renamed_keys[rows], axis=0)) == 1
            return CloneType.T2 if renamed else CloneType.T3
        contents = [content_of(snapshot, part) for part in group]
        if len({content.exact_key for content in contents}) == 1:
            return CloneType.T1
        return CloneType.T2 if len({content.renamed_key for content in contents}) == 1 else CloneType.T3

    def unnamed(self, group: Group) -> UnnamedClass:
        """The group with everything that a report says about it."""
        distinct = {}
        for part in group:
            key = part.row, part.first, part.last
            if key not in distinct:
                distinct[key] = content_of(self._population.snapshot, part)
        contents = [distinct[part.row, part.first, part.last] for part in group]
        comparison = compare_members(contents, self._rating)
        members = [
            self._member(part, content.exact_key.hex()) for part, content in zip(group, contents, strict=True)
        ]
        by = "alignment" if comparison.clone_type is CloneType.T3 else "fingerprint"
        found = assemble(members, comparison, by)
        return UnnamedClass(found, shared_mark(list(distinct.values())))

    def place(self, part: Part) -> Place:
        """Where a part stands."""
        file = self._population.files[part.file]
        return Place(file.corpus, file.path, part.start_line, part.end_line)

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
