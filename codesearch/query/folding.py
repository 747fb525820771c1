"""One answer where several overlap: a copied class is one finding, not one per method."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from codesearch.core.results import FragmentMatches, Match, Place, Verdict

Item = TypeVar("Item")


def fold_overlapping(matches: Iterable[tuple[Match, Item]]) -> Iterator[tuple[Match, Item]]:
    """Of matches (best first) that overlap in a file, as a class and its method do, only the best, each with
    what comes with it.
    """
    taken: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for match, item in matches:
        places = tuple(
            place for place in match.occurrences if not _overlaps(place, taken[place.corpus, place.path])
        )
        if places:
            yield match if len(places) == len(match.occurrences) else replace(match, occurrences=places), item
            for place in places:
                taken[place.corpus, place.path].append(place)


def fold_nested(results: Sequence[FragmentMatches]) -> list[FragmentMatches]:
    """Drop the matches of a fragment that an enclosing fragment's clones already cover at the same places."""
    folded = []
    for inner in results:
        covered = [
            place
            for outer in results
            if _encloses(outer, inner)
            for match in outer.matches
            if match.decision.verdict is Verdict.CLONE
            for place in match.occurrences
        ]
        matches = [
            match
            for match in inner.matches
            if not all(_inside(place, covered) for place in match.occurrences)
        ]
        folded.append(replace(inner, matches=tuple(_ranked(matches))))
    return folded


def _ranked(matches: Iterable[Match]) -> Iterator[Match]:
    return (
        match if match.rank == rank else replace(match, rank=rank) for rank, match in enumerate(matches, 1)
    )


def _encloses(outer: FragmentMatches, inner: FragmentMatches) -> bool:
    larger = outer.end_line - outer.start_line > inner.end_line - inner.start_line
    return larger and outer.start_line <= inner.start_line and inner.end_line <= outer.end_line


def _inside(place: Place, covered: Iterable[Place]) -> bool:
    return any(
        (place.corpus, place.path) == (other.corpus, other.path)
        and other.start_line <= place.start_line
        and place.end_line <= other.end_line
        for other in covered
    )


def _overlaps(place: Place, taken: Iterable[Place]) -> bool:
    return any(place.start_line <= other.end_line and other.start_line <= place.end_line for other in taken)
