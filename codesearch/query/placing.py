"""Candidates of several indexes, and where they stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from codesearch.core.store.contents import fragment_layouts
from codesearch.core.store.occurrences import Occurrence, occurrences_of
from codesearch.core.store.snapshot import Filters
from codesearch.core.store.snapshot import Snapshot as StoreSnapshot
from codesearch.core.types import I32, ContentKey
from codesearch.query.searched_index import SearchedIndex
from indexer.segments.layout import unpack_layout
from reranker.cascade import Settled


@dataclass(frozen=True, slots=True)
class OpenIndex:
    """An index in one transaction of its store."""

    index: SearchedIndex
    store: StoreSnapshot


@dataclass(frozen=True, slots=True)
class Wanted:
    """A candidate that may be shown: its content, the index and row where it was found, what was decided."""

    key: ContentKey
    language: str
    origin: OpenIndex
    row: int
    pair: Settled


@dataclass(frozen=True, slots=True)
class Placed:
    """An occurrence with the index that has it."""

    origin: OpenIndex
    occurrence: Occurrence


class Places:
    """Occurrences of candidates in all indexes, looked up for as many as are likely to be shown, then for all
    others.

    Args:
        indexes: Where they are looked up; the places of the first come first.
        filters: Which of them count.
        wanted: Candidates of every fragment, best first.
        likely: How many of each are looked up at once.
    """

    def __init__(
        self,
        indexes: Sequence[OpenIndex],
        filters: Filters,
        wanted: Sequence[Sequence[Wanted]],
        likely: int,
    ) -> None:
        self._indexes = indexes
        self._filters = filters
        self._likely = likely
        self._known = self._look_up(one for found in wanted for one in found[:likely])

    def of(self, wanted: Sequence[Wanted]) -> Iterator[tuple[list[Placed], Wanted]]:
        """The candidates of a fragment, each with its occurrences."""
        for one in wanted[: self._likely]:
            yield self._known.get((one.key, one.language), []), one
        others = wanted[self._likely :]
        known = self._look_up(others) if others else {}
        for one in others:
            yield known.get((one.key, one.language), []), one

    def _look_up(self, wanted: Iterable[Wanted]) -> Mapping[tuple[ContentKey, str], list[Placed]]:
        keys = [one.key for one in wanted]
        found: dict[tuple[ContentKey, str], list[Placed]] = {}
        for origin in self._indexes:
            for key, occurrences in occurrences_of(origin.store, keys, self._filters).items():
                for one in occurrences:
                    found.setdefault((key, one.language), []).append(Placed(origin, one))
        return found


def lines_at(shown: Sequence[tuple[Placed, Wanted]]) -> list[I32 | None]:
    """For each place the lines of its tokens, counted from 0; None where they are those of the candidate, or
    nobody asks, because nothing was aligned.
    """
    packed: dict[tuple[int, int], bytes] = {}
    aligned = [place for place, one in shown if one.pair.alignment is not None]
    for origin in {id(place.origin): place.origin for place in aligned}.values():
        ids = [place.occurrence.fragment_id for place in aligned if place.origin is origin]
        layouts = fragment_layouts(origin.store.connection, ids)
        packed.update(((id(origin), number), layout) for number, layout in layouts.items())
    lines: list[I32 | None] = []
    for place, one in shown:
        layout = packed.get((id(place.origin), place.occurrence.fragment_id))
        if layout is not None:
            lines.append(unpack_layout(layout))
        elif place.origin is one.origin or one.pair.alignment is None:
            lines.append(None)
        else:  # another index has the same content as it stands in another file
            stored = place.origin.index.content(one.key, one.language)
            lines.append(None if stored is None else stored.tokens.lines)
    return lines
