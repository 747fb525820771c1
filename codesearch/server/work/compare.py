"""A comparison of two pieces of code, as a request asks for it, and who had judged a pair of it."""

from __future__ import annotations

from dataclasses import dataclass

from codesearch.core.errors import UsageError
from codesearch.core.feedback import Precedent
from codesearch.core.results import FragmentMatches, Match, QueryResult
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


def verdict_kept(
    index: LiveIndex, compared: Compared, pair: tuple[FragmentMatches, Match]
) -> Precedent | None:
    """What somebody had said of a pair of a comparison; None where nobody did.

    Raises:
        EnvironmentFailure: The feedback cannot be read.
    """
    fragment, match = pair
    if match.decision.decided_by != "precedents":
        return None
    ours = _contents(compared.first, fragment.start_line, fragment.end_line)
    theirs = _contents(compared.second, match.place.start_line, match.place.end_line)
    wanted = {frozenset((first, second)) for first in ours for second in theirs}
    return next((said for said in index.engine.feedback.precedents() if said.pair in wanted), None)


def _contents(source: Source, start: int, end: int) -> list[tuple[str, str]]:
    """Contents and languages of the fragments on some lines, as verdicts name them."""
    return [
        (fragment.exact_key.hex(), fragment.language)
        for span, fragment in source.fragments
        if (span.start_line, span.end_line) == (start, end)
    ]


def _read(index: LiveIndex, named: Named, called: str) -> Source:
    try:
        return read_source(index, named, whole=True)
    except UsageError as problem:
        raise type(problem)(f"{called}: {problem.message}", problem.hint) from None
