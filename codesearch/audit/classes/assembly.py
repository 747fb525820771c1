"""Members and what they have in common, put together as a clone class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from codesearch.audit.classes.advice import advise, explain, target_folder
from codesearch.audit.classes.description import Comparison
from codesearch.core.audit import CloneClass, Member, Variation
from codesearch.core.results import CloneType
from codesearch.core.types import Role


@dataclass(frozen=True, slots=True)
class Judgement:
    """Who made a group a class, and why.

    Attributes:
        decided_by: As for a pair.
        reason: The judge's sentence; empty where none was asked.
        precedents: Ids of the precedents behind it.
    """

    decided_by: str
    reason: str = ""
    precedents: tuple[str, ...] = ()


_ROLE_ORDER = {
    role: number
    for number, role in enumerate(
        (Role.SOURCE, Role.TEST, Role.VENDORED, Role.GENERATED, Role.MINIFIED, Role.DATA)
    )
}


def assemble(members: Sequence[Member], comparison: Comparison, judgement: Judgement) -> CloneClass:
    """A class without its id, of at least two members, by corpus, path and line."""
    lines = [member.lines for member in members]
    return CloneClass(
        id="",
        clone_type=comparison.clone_type,
        probability=comparison.probability,
        decided_by=judgement.decided_by,
        similarity=comparison.similarity,
        role=second_role(member.role for member in members),
        saved_lines=round((sum(lines) - max(lines)) * comparison.similarity),
        members=tuple(members),
        variation=comparison.variation,
        action=advise(members, comparison),
        target=target_folder(members),
        explanation=". ".join(part for part in (explain(members, comparison), judgement.reason) if part),
        reason=judgement.reason,
        precedents=judgement.precedents,
    )


def second_role(roles: Iterable[Role]) -> Role:
    """The role of a class, given those of its members: the first, source before all others, that two of them
    have or come before. A test's copy of production code is no duplication in production code.
    """
    return sorted(roles, key=_ROLE_ORDER.__getitem__)[1]


def without_members(found: CloneClass, members: tuple[Member, ...]) -> CloneClass:
    """The class that some of its members (at least two, in order) are."""
    equal = len({(member.content, member.language) for member in members}) == 1
    comparison = (
        Comparison(CloneType.T1, 1.0, found.probability, Variation())
        if equal
        else Comparison(found.clone_type, found.similarity, found.probability, found.variation)
    )
    judgement = Judgement(found.decided_by, found.reason, found.precedents)
    return replace(assemble(members, comparison, judgement), id=found.id)
