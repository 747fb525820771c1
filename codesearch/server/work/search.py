"""A search, as a request asks for it."""

from __future__ import annotations

from dataclasses import dataclass

from codesearch.core.results import CloneType, QueryResult
from codesearch.core.types import Role
from codesearch.query.options import SearchOptions, named_filters
from codesearch.query.source import Source
from codesearch.serving.live_index import LiveIndex
from codesearch.serving.sources import Named, read_source


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for and where; no entry in a filter is no filter.

    Attributes:
        named: The code.
        k: Matches per fragment; None for as many as configured.
        rerank: Compare candidates with the code.
        judge: Ask the configured judges about what is left open.
        languages: Registry ids or aliases of matches.
        paths: Globs that the files of matches fit.
        roles: Roles of those files.
        types: Clone types; with one, only clones are found.
        min_probability: Matches below it are left out.
    """

    named: Named
    k: int | None = None
    rerank: bool = True
    judge: bool = True
    languages: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    types: tuple[CloneType, ...] = ()
    min_probability: float = 0.0


@dataclass(frozen=True, slots=True)
class Searched:
    """The code that was looked for, and what was found."""

    source: Source
    result: QueryResult


def search(index: LiveIndex, wanted: Wanted) -> Searched:
    """Find clones of the code that a request names.

    Raises:
        UsageError: The code cannot be read, or holds nothing to compare; a language is unknown.
        IndexFailure: There is no index, or it cannot be used.
    """
    options = _options(index, wanted)
    source = read_source(index, wanted.named)
    with index.searcher() as searcher:
        return Searched(source, index.engine.query(source, searcher, options))


def _options(index: LiveIndex, wanted: Wanted) -> SearchOptions:
    return SearchOptions.of(
        index.engine.settings.retrieval,
        named_filters(wanted.languages, wanted.paths, wanted.roles),
        k=wanted.k,
        types=wanted.types,
        min_probability=wanted.min_probability,
        rerank=wanted.rerank,
        judge=wanted.judge,
    )
