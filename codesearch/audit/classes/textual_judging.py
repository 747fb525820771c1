"""A judge's word on classes that their text makes: asked for by users who want every finding read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from codesearch.audit.classes.asking import Asking, Piece, Question
from codesearch.audit.classes.describing import Character, Describing
from codesearch.audit.classes.description import aligned, distinct_others, spread
from codesearch.audit.classes.parts import Group
from codesearch.core.feedback import ContentPair
from codesearch.core.results import Decision, Verdict
from codesearch.core.types import Fragment


@dataclass(frozen=True, slots=True)
class JudgedGroups:
    """What the judges say of groups.

    Attributes:
        confirmed: Those that they take for clones, with who says so.
        refused: Those that they take for none.
    """

    confirmed: Mapping[Group, Character]
    refused: frozenset[Group]


def judge_groups(
    groups: Mapping[Group, Character],
    describing: Describing,
    asking: Asking,
    rejected: frozenset[ContentPair],
) -> JudgedGroups:
    """Ask about the first part of every group and the content that is least like it.

    Args:
        groups: What their text makes of them.
        describing: Tells contents and places.
        asking: The judges, who hear all of it at once.
        rejected: Pairs that the user said are no clones, which nobody is asked about again.
    """
    asked: dict[Group, Question] = {}
    for group, character in groups.items():
        by = character.judgement.decided_by
        sure = Decision(Verdict.CLONE, character.clone_type, 1.0, by, {}, 1.0, (), "")
        if asking.leaves_open(sure) and (question := _question(group, sure, describing, rejected)):
            asked[group] = question
    rulings = dict(zip(asked, asking.rulings(list(asked.values())), strict=True))
    heard = {group: ruling for group, ruling in rulings.items() if ruling is not None}
    return JudgedGroups(
        {
            group: groups[group].confirmed(ruling)
            for group, ruling in heard.items()
            if ruling.verdict is Verdict.CLONE
        },
        frozenset(group for group, ruling in heard.items() if ruling.verdict is Verdict.NOT_CLONE),
    )


def _question(
    group: Group, sure: Decision, describing: Describing, rejected: frozenset[ContentPair]
) -> Question | None:
    """The pair that stands for a group; None where the user rejected all there are.

    Args:
        group: What is asked about.
        sure: What is said of it, without figures.
        describing: Tells contents and places.
        rejected: Pairs that are left out.
    """
    contents = describing.contents(group)
    first = contents[0]
    others = [other for other in distinct_others(contents) if _pair(first, other) not in rejected]
    if not others:
        return None
    alignments = [(aligned(first, other), other) for other in spread(others)]
    alignment, other = min(alignments, key=lambda pair: pair[0].similarity)
    number = next(n for n, content in enumerate(contents) if n and _key(content) == _key(other))
    decision = replace(
        sure,
        probability=describing.rating.probability(first, other, alignment),
        similarity=alignment.similarity,
    )
    ours, theirs = (
        Piece(group[at].occurrence, contents[at], describing.place(group[at])) for at in (0, number)
    )
    # Parts of functions have no embedding; what their text shares says as much about copies.
    return Question(ours, theirs, alignment.similarity, decision)


def _pair(first: Fragment, other: Fragment) -> ContentPair:
    return frozenset((content.exact_key.hex(), content.language) for content in (first, other))


def _key(content: Fragment) -> tuple[bytes, str]:
    return content.exact_key, content.language
