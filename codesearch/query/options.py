"""What is wanted of a search."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from codesearch.core.results import CloneType, Decision
from codesearch.core.settings.sections import Retrieval
from codesearch.core.store.snapshot import Filters
from codesearch.core.types import Role
from indexer.parsing.languages import registry

_SPARE = 2  # candidates per wanted match that may fall to filters, folding and the query's own places
_FALL = 0.5  # as many as do: in one search of a hundred it is more


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """What is wanted of a search.

    Attributes:
        k: Matches per fragment.
        candidates: Candidates per lane and fragment.
        filters: Which occurrences count.
        types: Clone types wanted; empty for all, and for pairs that are no clones.
        min_probability: Matches below it are left out.
        rerank: Compare the candidates with the query. Otherwise only equal keys make a verdict, what else
            was retrieved is unsure, in the retriever's order, and no judge is asked: a tenth of the work.
        judge: Ask the configured judges about what is left open; what the user said counts anyway.
    """

    k: int
    candidates: int
    filters: Filters = field(default_factory=Filters)
    types: frozenset[CloneType] = frozenset()
    min_probability: float = 0.0
    rerank: bool = True
    judge: bool = True

    @classmethod
    def of(
        cls,
        retrieval: Retrieval,
        filters: Filters,
        *,
        k: int | None = None,
        types: Iterable[CloneType] = (),
        min_probability: float = 0.0,
        rerank: bool = True,
        judge: bool = True,
    ) -> Self:
        """What somebody names, with the rest as configured; ``k`` too where it is None."""
        return cls(
            k=k or retrieval.k,
            candidates=retrieval.candidates,
            filters=filters,
            types=frozenset(types),
            min_probability=min_probability,
            rerank=rerank,
            judge=judge,
        )

    @property
    def likely(self) -> int:
        """Candidates per fragment that are likely to be shown."""
        return int((1 + _FALL) * self.k)

    @property
    def wanted_candidates(self) -> int:
        """Candidates to retrieve per fragment: few where nothing puts them into another order."""
        return self.candidates if self.rerank else min(self.candidates, (1 + _SPARE) * self.k)

    def wants(self, decision: Decision) -> bool:
        """Whether a match that was decided so is shown."""
        typed = not self.types or decision.clone_type in self.types
        return typed and decision.probability >= self.min_probability


def named_filters(languages: Iterable[str], paths: Iterable[str], roles: Iterable[Role]) -> Filters:
    """The filters that somebody names, languages by their ids or aliases.

    Raises:
        UsageError: A language is unknown.
    """
    return Filters(frozenset(registry().get(name).id for name in languages), tuple(paths), frozenset(roles))
