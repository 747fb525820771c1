"""What an index knows beside the two fragments of a case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Protocol

from codesearch.core.results import Place
from codesearch.core.store.database import Database
from codesearch.core.store.definitions import DefinitionNames, definitions_in
from codesearch.core.store.occurrences import Occurrence, occurrences_of
from codesearch.core.store.snapshot import Snapshot as StoreSnapshot
from codesearch.core.types import ContentKey, Fragment
from indexer.segments.segment import rows_with_key
from indexer.segments.snapshot import Snapshot

Name = tuple[str, str]
"""A language and a name that is defined in it."""


class Corpus(Protocol):
    """Indexed code, as far as a judge is told of it."""

    def meanings(self, names: Iterable[Name]) -> dict[Name, int]:
        """How many different definitions each name has; names without one are left out."""
        ...

    def defined(self, names: Iterable[Name]) -> dict[Name, tuple[Occurrence, ...]]:
        """Where names are defined, by corpus, path and line."""
        ...

    def defined_in(self, place: Place) -> tuple[Occurrence, ...]:
        """What the file at a place defines, by line, outer before inner."""
        ...

    def places(self, fragments: Iterable[Fragment]) -> Mapping[ContentKey, Place]:
        """Where contents occur first, by their exact key."""
        ...

    def content(self, occurrence: Occurrence) -> Fragment | None:
        """The code of an occurrence; None when a later run has forgotten it."""
        ...


class IndexedCorpus:
    """One snapshot of an index."""

    def __init__(self, snapshot: Snapshot, database: Database) -> None:
        self._snapshot = snapshot
        self._database = database

    @cached_property
    def _names(self) -> DefinitionNames:
        with self._database.read() as connection:
            return DefinitionNames.read(StoreSnapshot(connection, self._number))

    @property
    def _number(self) -> int:
        return self._snapshot.manifest.snapshot

    def meanings(self, names: Iterable[Name]) -> dict[Name, int]:
        """How many different definitions each name has; names without one are left out."""
        counts = {name: self._names.count(*name) for name in names}
        return {name: count for name, count in counts.items() if count}

    def defined(self, names: Iterable[Name]) -> dict[Name, tuple[Occurrence, ...]]:
        """Where names are defined, by corpus, path and line."""
        keys = {name: self._names.keys_of(*name) for name in names}
        wanted = {key for found in keys.values() for key in found}
        if not wanted:
            return {}
        with self._database.read() as connection:
            found = occurrences_of(StoreSnapshot(connection, self._number), wanted)
        return {
            (language, name): tuple(
                sorted(
                    (
                        one
                        for key in own
                        for one in found.get(key, ())
                        if one.name == name and one.language == language
                    ),
                    key=_by_place,
                )
            )
            for (language, name), own in keys.items()
        }

    def defined_in(self, place: Place) -> tuple[Occurrence, ...]:
        """What the file at a place defines, by line, outer before inner."""
        with self._database.read() as connection:
            return definitions_in(StoreSnapshot(connection, self._number), place.corpus, place.path)

    def places(self, fragments: Iterable[Fragment]) -> Mapping[ContentKey, Place]:
        """Where contents occur first, by their exact key."""
        keys = {fragment.exact_key for fragment in fragments}
        if not keys:
            return {}
        with self._database.read() as connection:
            found = occurrences_of(StoreSnapshot(connection, self._number), keys)
        return {key: places[0].place for key, places in found.items()}

    def content(self, occurrence: Occurrence) -> Fragment | None:
        """The code of an occurrence; None when a later run has forgotten it."""
        for segment in self._snapshot.segments:
            for row in rows_with_key(None, segment.key_prefixes, segment.arrays.exact, occurrence.key):
                fragment = segment.fragment(int(row))
                if fragment.language == occurrence.language:
                    return fragment
        return None


class _NoCorpus:
    """No index: nothing is known but the two sides."""

    def meanings(self, names: Iterable[Name]) -> dict[Name, int]:
        return {}

    def defined(self, names: Iterable[Name]) -> dict[Name, tuple[Occurrence, ...]]:
        return {}

    def defined_in(self, place: Place) -> tuple[Occurrence, ...]:
        return ()

    def places(self, fragments: Iterable[Fragment]) -> Mapping[ContentKey, Place]:
        return {}

    def content(self, occurrence: Occurrence) -> Fragment | None:
        return None


NO_INDEX: Corpus = _NoCorpus()
"""For pairs that are compared without an index."""


def _by_place(occurrence: Occurrence) -> tuple[str, str, int, int]:
    place = occurrence.place
    return place.corpus, place.path, place.start_line, place.end_line
