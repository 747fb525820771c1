"""What a judge is asked and what it answers: cases, what was retrieved for them, rulings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from codesearch.core.results import CloneType, Decision, Place, Verdict
from codesearch.core.types import Fragment

Lines = tuple[int, int]
"""First and last line of a fragment, 1-based and inclusive; the fragment's own first line is 1."""


@dataclass(frozen=True, slots=True)
class CaseSide:
    """One fragment of a pair.

    Attributes:
        fragment: Its content.
        place: Where it stands; None when it comes from standard input or from no corpus.
        name: Its declared name, empty when it has none.
        container: Name of the class or function around it, empty at the top level.
        source: The whole file as UTF-8 with line feeds; None to read it at ``place`` when it is needed.
    """

    fragment: Fragment
    place: Place | None = None
    name: str = ""
    container: str = ""
    source: bytes | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A pair that the cascade leaves to the judge.

    Attributes:
        first: One side.
        second: The other side.
        dense: Cosine of their embeddings.
        decision: What the cascade says; it stands when no judge answers.
        contrast: Fragments near the first side that are not its clones, nearest first.
    """

    first: CaseSide
    second: CaseSide
    dense: float
    decision: Decision
    contrast: tuple[Fragment, ...] = ()


class ContextKind(StrEnum):
    """What was retrieved for a case."""

    PRECEDENT = "precedent"
    DEFINITION = "definition"  # of something that a side calls
    SURROUNDINGS = "surroundings"  # enclosing class and imports of a side
    CONTRAST = "contrast"  # a neighbour in the corpus that is not a clone


@dataclass(frozen=True, slots=True)
class ContextItem:
    """One piece of context, already safe to be shown: no comments, no long strings.

    Attributes:
        kind: What it is.
        title: What it is about, one line, made of our own words and of names that are plain identifiers.
        body: Text of one or more lines.
        source: Id of the precedent, or ``path:line`` of the code; for records, not for the model.
    """

    kind: ContextKind
    title: str
    body: str
    source: str


@dataclass(frozen=True, slots=True)
class CaseContext:
    """What was retrieved for a case.

    Attributes:
        items: What fits, most useful first.
        cut: How many pieces of each kind did not fit the budget.
    """

    items: tuple[ContextItem, ...] = ()
    cut: dict[ContextKind, int] = field(default_factory=dict)

    def of(self, kind: ContextKind) -> tuple[ContextItem, ...]:
        """The pieces of one kind, in order."""
        return tuple(item for item in self.items if item.kind is kind)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said about a pair, once it is understood and checked.

    Attributes:
        verdict: Its verdict.
        clone_type: The type that it names; None unless the verdict is ``clone``.
        confidence: Its own, 0 to 1.
        evidence: Pairs of line ranges, those of the side shown as A first.
        reason: One sentence, printable, at most 300 characters.
    """

    verdict: Verdict
    clone_type: CloneType | None
    confidence: float
    evidence: tuple[tuple[Lines, Lines], ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Ruling:
    """A judge's final word on a case.

    Attributes:
        verdict: The verdict; ``unsure`` where the judge abstains.
        clone_type: None unless the verdict is ``clone``.
        probability: P(clone).
        decided_by: ``precedents``, ``llm:<model>`` or ``local:<model>``.
        reason: One sentence for a person.
        evidence: Pairs of line ranges, those of the case's first side first.
        precedents: Ids of the precedents that were weighed or shown.
    """

    verdict: Verdict
    clone_type: CloneType | None
    probability: float
    decided_by: str
    reason: str
    evidence: tuple[tuple[Lines, Lines], ...] = ()
    precedents: Sequence[str] = ()
