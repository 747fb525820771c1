"""How figures of ``codesearch.eval-retrieval/1`` documents are shown in tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.documents import Json, percent

SCOPES = {"all": "all", "same_language": "same language", "cross_language": "cross-language"}
METRICS = {"map_at_r": "MAP@R", "p_at_1": "P@1"}


def by_set(items: Sequence[Json]) -> Iterator[tuple[str, list[Json]]]:
    """The items of each data set, in the order in which sets first come."""
    for title in dict.fromkeys(item["set"] for item in items):
        yield title, [item for item in items if item["set"] == title]


def scopes_of(document: Json) -> list[tuple[str, str]]:
    """Key and title of the scopes that say something of their own."""
    if document["counts"]["languages"] == 1:
        return [("all", "one language")]
    return [(key, title) for key, title in SCOPES.items() if document["map_at_r"][key] is not None]


def with_interval(document: Json, metric: str, scope: str) -> str:
    """A figure and its interval, in percent."""
    ends = document["intervals"][metric][scope]
    shown = "" if ends is None else f" ({percent(ends[0])}–{percent(ends[1])})"
    return percent(document[metric][scope]) + shown
