"""A pair of the index as it stands in its files now."""

from __future__ import annotations

from dataclasses import dataclass

from codesearch.core.errors import InputError
from codesearch.core.results import Decision, Place
from codesearch.query.source import Source
from codesearch.server.work.open_pairs import OpenPair
from codesearch.serving.live_index import LiveIndex
from codesearch.serving.sources import Named, read_source
from reranker.cascade import Candidate


@dataclass(frozen=True, slots=True)
class ReadPair:
    """Both sides of a pair that waits, each one fragment of its file, and what the cascade says of them."""

    pair: OpenPair
    sources: tuple[Source, Source]
    decision: Decision


def named(place: Place) -> Named:
    """A place of the index as a request names it."""
    return Named("", f"{place.corpus}/{place.path}", f"{place.start_line}-{place.end_line}", "")


def read_pair(index: LiveIndex, pair: OpenPair) -> ReadPair | None:
    """The pair with its lines; None where a file has changed since it was indexed, or is gone."""
    try:
        first, second = (read_source(index, named(place), whole=True) for place in pair.places)
    except InputError:
        return None
    if len(first.fragments) != 1 or len(second.fragments) != 1:
        return None
    [(_, ours)], [(_, theirs)] = first.fragments, second.fragments
    if frozenset((side.exact_key.hex(), side.language) for side in (ours, theirs)) != pair.contents:
        return None
    [settled] = index.engine.cascade.settle([Candidate(ours, theirs, pair.dense)])
    return ReadPair(pair, (first, second), settled.explained())
