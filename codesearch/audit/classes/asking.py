"""Pairs of a population as judges are asked about them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from codesearch.audit.classes.assembly import second_role
from codesearch.audit.classes.population import Population
from codesearch.core.judge import Case, CaseSide, Ruling
from codesearch.core.results import Decision, Place
from codesearch.core.store.occurrences import occurrences_of
from codesearch.core.store.snapshot import Snapshot as StoreSnapshot
from codesearch.core.types import ContentKey, Fragment, Role
from reranker.judge.stage import JudgeStage


@dataclass(frozen=True, slots=True)
class Piece:
    """One side of a pair.

    Attributes:
        occurrence: Position in the population of the fragment that it is, or is a part of.
        fragment: Its tokens.
        place: Where it stands.
    """

    occurrence: int
    fragment: Fragment
    place: Place


@dataclass(frozen=True, slots=True)
class Question:
    """A pair that is put to the judges.

    Attributes:
        first: One side.
        second: The other side.
        dense: Cosine of their embeddings.
        decision: What is said so far; it stands where no judge answers.
        contrast: Fragments near the first side that are not its clones, nearest first.
    """

    first: Piece
    second: Piece
    dense: float
    decision: Decision
    contrast: tuple[Fragment, ...] = ()


class Asking:
    """Asks the judges about pairs of a population.

    Args:
        stage: The judges.
        population: Where the pairs are.
        store: What the population was read from.
        roles: Roles of the classes that are reported; for the others no call is spent.
    """

    def __init__(
        self, stage: JudgeStage, population: Population, store: StoreSnapshot, roles: Collection[Role]
    ) -> None:
        self._stage = stage
        self._population = population
        self._store = store
        self._roles = roles

    @property
    def degraded(self) -> frozenset[str]:
        """What did not go as configured so far."""
        return self._stage.degraded

    def leaves_open(self, decision: Decision) -> bool:
        """Whether judges are asked about a pair with this decision."""
        return self._stage.leaves_open(decision)

    def accepted(self, first: Fragment, second: Fragment) -> bool:
        """Whether the user called a pair a clone; then a ruling says so, and nobody is asked."""
        sides = ((content.exact_key, content.language) for content in (first, second))
        return self._stage.accepted(*sides)

    def concerns(self, occurrences: Iterable[int]) -> bool:
        """Whether a class of some occurrences, at least two, would be reported."""
        population = self._population
        files = (population.files[population.file[occurrence]] for occurrence in occurrences)
        return second_role(file.role for file in files) in self._roles

    def rulings(self, questions: Sequence[Question]) -> list[Ruling | None]:
        """One ruling per question, in order; None where what was said before stands.

        All that is known belongs into one call: a budget goes to the most uncertain pairs of it.
        """
        if not questions:
            return []
        pieces = [piece for question in questions for piece in (question.first, question.second)]
        containers = self._containers(piece.occurrence for piece in pieces)
        sides = iter([self._side(piece, containers) for piece in pieces])
        return self._stage.rule(
            [
                Case(next(sides), next(sides), question.dense, question.decision, question.contrast)
                for question in questions
            ]
        )

    def _side(self, piece: Piece, containers: dict[int, str]) -> CaseSide:
        return CaseSide(
            piece.fragment,
            piece.place,
            self._population.name(piece.occurrence),
            containers.get(self._id(piece.occurrence), ""),
        )

    def _containers(self, occurrences: Iterable[int]) -> dict[int, str]:
        """Name of the class or function around each fragment, by its id; others of equal content too."""
        columns = self._population.fragments
        fragments = {int(self._population.fragment[occurrence]) for occurrence in occurrences}
        keys = {ContentKey(columns.keys[fragment].tobytes()) for fragment in fragments}
        found = occurrences_of(self._store, keys)
        return {one.fragment_id: one.container for places in found.values() for one in places}

    def _id(self, occurrence: int) -> int:
        return int(self._population.fragments.ids[self._population.fragment[occurrence]])
