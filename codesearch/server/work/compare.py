"""A comparison of two pieces of code, as a request asks for it."""

from __future__ import annotations

from dataclasses import dataclass

from codesearch.core.errors import UsageError
from codesearch.core.results import QueryResult
from codesearch.query.source import Source
from codesearch.serving.live_index import LiveIndex
from codesearch.serving.sources import Named, read_source


@dataclass(frozen=True, slots=True)
class Compared:
    """Both sides, and what was found: fragments of the first with their best counterpart of the second."""

    first: Source
    second: Source
    result: QueryResult


def compare(
    index: LiveIndex,
    first: Named,
    second: Named,
    called: tuple[str, str] = ("a", "b"),
    *,
    judge: bool = True,
) -> Compared:
    """Compare two sides; an index is only needed for files of it.

    Args:
        index: Its corpora hold the files that are named.
        first: One side.
        second: The other.
        called: What the sides are called where one of them cannot be used.
        judge: Ask the configured judges about what is left open.

    Raises:
        UsageError: A side cannot be read, or holds nothing to compare, or too much; the message says which.
        IndexFailure: A file is named, and there is no index.
    """
    ours, theirs = (_read(index, *side) for side in zip((first, second), called, strict=True))
    return Compared(ours, theirs, index.engine.compare(ours, theirs, judge=judge))


def _read(index: LiveIndex, named: Named, called: str) -> Source:
    try:
        return read_source(index, named, whole=True)
    except UsageError as problem:
        raise type(problem)(f"{called}: {problem.message}", problem.hint) from None
