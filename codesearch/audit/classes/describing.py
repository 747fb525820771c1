"""From groups of parts to classes that a report can show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from codesearch.audit.classes.assembly import Judgement, assemble, second_role
from codesearch.audit.classes.description import Rating, compare_members, content_of
from codesearch.audit.classes.identity import shared_mark
from codesearch.audit.classes.pair_judging import PairVerdict
from codesearch.audit.classes.parts import Group, LineTable, Part
from codesearch.audit.classes.population import Population
from codesearch.core.audit import CloneClass, Member
from codesearch.core.judge import Ruling
from codesearch.core.results import CloneType, Place
from codesearch.core.types import Fragment, FragmentKind, Role
from reranker.cascade import ALIGNED_SIMILARITY


@dataclass(frozen=True, slots=True)
class Character:
    """What a class is, before it is described.

    Attributes:
        clone_type: The loosest type between the first part and another one.
        judgement: Who says so.
        probability: P(clone) of the weakest pair; None to rate it by its text.
    """

    clone_type: CloneType
    judgement: Judgement
    probability: float | None = None

    def confirmed(self, ruling: Ruling) -> Character:
        """The same, on the word of a judge."""
        judgement = Judgement(ruling.decided_by, ruling.reason, tuple(ruling.precedents))
        return replace(self, judgement=judgement, probability=ruling.probability)


@dataclass(frozen=True, slots=True)
class UnnamedClass:
    """A class without its id; ``mark`` is what it will be recognised by."""

    found: CloneClass
    mark: bytes


class Describing:
    """Turns groups into classes.

    Args:
        population: Where they are.
        connection: Of the store that the population was read from.
        rating: Rates pairs that their text makes clones.
    """

    def __init__(self, population: Population, connection: Connection, rating: Rating) -> None:
        self._population = population
        self._connection = connection
        self.rating = rating

    def contents(self, group: Group) -> list[Fragment]:
        """Tokens of the parts, in order."""
        distinct: dict[tuple[int, int, int], Fragment] = {}
        for part in group:
            key = part.row, part.first, part.last
            if key not in distinct:
                distinct[key] = content_of(self._population.snapshot, part)
        return [distinct[part.row, part.first, part.last] for part in group]

    def textual(self, group: Group) -> Character:
        """Of a group that its text makes a class."""
        contents = self.contents(group)
        if len({content.exact_key for content in contents}) == 1:
            return Character(CloneType.T1, Judgement("fingerprint"))
        if len({content.renamed_key for content in contents}) == 1:
            return Character(CloneType.T2, Judgement("fingerprint"))
        return Character(CloneType.T3, Judgement("alignment"))

    def semantic(self, group: Group, weakest: PairVerdict) -> Character:
        """Of a group that the reranker or a judge makes a class."""
        contents = self.contents(group)
        comparison = compare_members(contents, self.rating)
        one_language = len({content.language for content in contents}) == 1
        textual = one_language and comparison.similarity >= ALIGNED_SIMILARITY
        judgement = Judgement(weakest.decided_by, weakest.reason, weakest.precedents)
        return Character(CloneType.T3 if textual else CloneType.T4, judgement, weakest.probability)

    def role(self, group: Group) -> Role:
        """Role of the class that a group is."""
        return second_role(self._population.files[part.file].role for part in group)

    def place(self, part: Part) -> Place:
        """Where a part stands."""
        file = self._population.files[part.file]
        return Place(file.corpus, file.path, part.start_line, part.end_line)

    def unnamed(self, group: Group, character: Character) -> UnnamedClass:
        """The group with everything that a report says about it."""
        contents = self._laid_out(group)
        comparison = replace(compare_members(contents, self.rating), clone_type=character.clone_type)
        if character.probability is not None:
            comparison = replace(comparison, probability=character.probability)
        members = [
            self._member(part, content.exact_key.hex()) for part, content in zip(group, contents, strict=True)
        ]
        found = assemble(members, comparison, character.judgement)
        return UnnamedClass(found, shared_mark(_distinct(contents)))

    def _laid_out(self, group: Group) -> list[Fragment]:
        """The contents of a group, each on the lines of the first part that holds it.

        An index keeps the lines of whichever occurrence it saw first, which is another one in a fresh index.
        """
        first = {(part.row, part.first, part.last): part for part in reversed(group)}
        table = LineTable(self._population, self._connection, (part.occurrence for part in first.values()))
        contents = {}
        for key, part in first.items():
            content = content_of(self._population.snapshot, part)
            lines = table.relative(part.occurrence)[part.first : part.last]
            contents[key] = replace(content, tokens=replace(content.tokens, lines=lines))
        return [contents[part.row, part.first, part.last] for part in group]

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


def _distinct(contents: Iterable[Fragment]) -> list[Fragment]:
    return list({id(content): content for content in contents}.values())
