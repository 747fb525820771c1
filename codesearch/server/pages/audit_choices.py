"""What an audit may look at, as the forms of audits and of schedules offer it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from codesearch.core.jobs import ROLES, TYPES
from codesearch.core.results import CloneType
from codesearch.core.types import Role
from codesearch.serving.live_index import LiveIndex


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen so far; at first what is usual.

    Attributes:
        corpora: Names; none are all.
        types: Clone types.
        roles: Roles whose classes are reported.
        languages: Registry ids; none are all.
        min_lines: Lines of a member at least, as typed.
        min_tokens: Its tokens, as typed.
    """

    corpora: Collection[str] = ()
    types: Collection[CloneType] = TYPES
    roles: Collection[Role] = ROLES
    languages: Collection[str] = ()
    min_lines: str = ""
    min_tokens: str = ""


@dataclass(frozen=True, slots=True)
class AuditChoices:
    """All that can be chosen.

    Attributes:
        chosen: What is.
        corpora: Names of the indexed ones.
        types: Clone types.
        roles: Roles.
        languages: Registry ids of what is indexed.
        least_lines: Lines of the smallest fragment of the index.
        least_tokens: Its tokens.
    """

    chosen: Chosen
    corpora: Sequence[str]
    types: Sequence[CloneType]
    roles: Sequence[Role]
    languages: Sequence[str]
    least_lines: int
    least_tokens: int


def audit_choices(index: LiveIndex, chosen: Chosen) -> AuditChoices:
    """The choices that an index leaves.

    Raises:
        IndexFailure: There is no index.
    """
    with index.searcher() as searcher:
        languages = searcher.snapshot.languages
    smallest = index.engine.settings.fragments
    return AuditChoices(
        chosen=chosen,
        corpora=sorted(index.roots()),
        types=tuple(CloneType),
        roles=tuple(Role),
        languages=sorted(languages),
        least_lines=smallest.min_lines,
        least_tokens=smallest.min_tokens,
    )
