"""The places of a query's own lines, which are never a match."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from codesearch.core.results import Place
from codesearch.core.store.occurrences import Occurrence
from codesearch.core.types import Span
from codesearch.query.source import Source
from indexer.corpus.names import display_path


@dataclass(frozen=True, slots=True)
class OwnPlaces:
    """The places of the query's own lines, which are never a match."""

    places: frozenset[tuple[str, str]]
    span: tuple[int, int] = (0, -1)

    @classmethod
    def of(cls, source: Source, corpora: Mapping[Path, str]) -> OwnPlaces:
        """Where a source lies in the indexed corpora."""
        absolute = source.absolute
        if absolute is None:
            return cls(frozenset())
        return cls(
            frozenset(
                (name, display_path(str(absolute.relative_to(root))))
                for root, name in corpora.items()
                if absolute.is_relative_to(root)
            )
        )

    def excluding(self, span: Span) -> OwnPlaces:
        """The places that overlap a fragment of the source."""
        return replace(self, span=(span.start_line, span.end_line))

    def allows(self, occurrence: Occurrence) -> bool:
        """False for a place that the query itself occupies."""
        place: Place = occurrence.place
        overlaps = place.start_line <= self.span[1] and self.span[0] <= place.end_line
        return not (overlaps and (place.corpus, place.path) in self.places)
