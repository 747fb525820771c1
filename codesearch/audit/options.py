"""What is wanted of an audit."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from codesearch.audit.gate import Condition
from codesearch.core.results import CloneType
from codesearch.core.store.snapshot import Filters
from codesearch.core.types import Role

TEXTUAL = frozenset({CloneType.T1, CloneType.T2, CloneType.T3})


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """What is compared, what is reported, and what closes the gate.

    Attributes:
        min_lines: Lines of a member at least.
        min_tokens: Tokens of a member at least.
        types: Clone types wanted; T4 asks the model.
        roles: Roles whose classes are reported; those of the others are counted.
        filters: Which files are compared.
        min_probability: Classes with a less probable member are left out.
        cross_language: Also classes of code in several languages.
        baseline: File with the classes that are known.
        update_baseline: Write it anew from what is found.
        since: Report only classes that touch what changed since this revision.
        conditions: What closes the gate.
        refresh: Bring the index up to date first.
    """

    min_lines: int
    min_tokens: int
    types: frozenset[CloneType] = TEXTUAL
    roles: frozenset[Role] = frozenset({Role.SOURCE})
    filters: Filters = field(default_factory=Filters)
    min_probability: float = 0.0
    cross_language: bool = False
    baseline: Path | None = None
    update_baseline: bool = False
    since: str | None = None
    conditions: tuple[Condition, ...] = ()
    refresh: bool = True

    @property
    def narrowed(self) -> bool:
        """Whether classes that there are may be left out, so that one that is not found need not be gone."""
        return self.filters != Filters() or self.min_probability > 0

    def what_is_found(self) -> dict[str, object]:
        """The options that decide which classes there are, as values that JSON can hold."""
        return {
            "min_lines": self.min_lines,
            "min_tokens": self.min_tokens,
            "types": sorted(self.types),
            "roles": sorted(self.roles),
            "languages": sorted(self.filters.languages),
            "paths": sorted(self.filters.paths),
            "under": self.filters.under,
            "min_probability": self.min_probability,
            "cross_language": self.cross_language,
        }
