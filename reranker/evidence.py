"""Aligned tokens to aligned line ranges."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

import numpy as np

from codesearch.core.results import Evidence, EvidenceKind
from codesearch.core.types import I32, I64
from retriever.alignment import Alignment

_ABSENT, _RENAMED, _IDENTICAL = 0, 1, 2


def line_evidence(alignment: Alignment) -> tuple[Evidence, ...]:
    """Line ranges of both sides in query order; lines are those of the two token runs.

    A line is ``equal`` when all its tokens are aligned with themselves, ``renamed`` when all are aligned,
    ``changed`` when some are, ``removed`` or ``added`` when none is and it stands on one side only.
    """
    return tuple(_merged(_interleaved(list(_query_rows(alignment)), list(_added_rows(alignment)))))


def _states(count: int, positions: I64, identical: np.ndarray) -> I64:
    states = np.full(count, _ABSENT)
    states[positions] = np.where(identical, _IDENTICAL, _RENAMED)
    return states


def _query_rows(alignment: Alignment) -> Iterator[Evidence]:
    """One row per line of the query, with the lines that its tokens are aligned with."""
    states = _states(len(alignment.query), alignment.query_positions, alignment.identical)
    partners = np.full(len(alignment.query), -1, np.int64)
    partners[alignment.query_positions] = alignment.match.lines[alignment.match_positions]
    edges = _line_edges(alignment.query.lines)
    for first, last in itertools.pairwise(edges):
        line = int(alignment.query.lines[first])
        known = partners[first:last][partners[first:last] >= 0]
        if not len(known):
            yield Evidence(EvidenceKind.REMOVED, (line, line), None)
            continue
        weakest = states[first:last].min()
        kind = {_IDENTICAL: EvidenceKind.EQUAL, _RENAMED: EvidenceKind.RENAMED}.get(
            weakest, EvidenceKind.CHANGED
        )
        yield Evidence(kind, (line, line), (int(known.min()), int(known.max())))


def _added_rows(alignment: Alignment) -> Iterator[Evidence]:
    """One row per line of the match that has no aligned token."""
    states = _states(len(alignment.match), alignment.match_positions, alignment.identical)
    edges = _line_edges(alignment.match.lines)
    for first, last in itertools.pairwise(edges):
        if states[first:last].max() == _ABSENT:
            line = int(alignment.match.lines[first])
            yield Evidence(EvidenceKind.ADDED, None, (line, line))


def _line_edges(lines: I32) -> I64:
    """Token positions where a line begins, and the end."""
    return np.flatnonzero(np.diff(lines, prepend=-1, append=np.iinfo(np.int32).max))


def _interleaved(rows: list[Evidence], added: list[Evidence]) -> Iterator[Evidence]:
    """The query's rows in order, each addition before the first row that is aligned with what follows it."""
    waiting = iter(added)
    upcoming = next(waiting, None)
    for row in rows:
        while upcoming is not None and row.match_lines and _line(upcoming) < row.match_lines[0]:
            yield upcoming
            upcoming = next(waiting, None)
        yield row
    if upcoming is not None:
        yield upcoming
        yield from waiting


def _line(added: Evidence) -> int:
    return added.match_lines[0] if added.match_lines else 0


def _merged(rows: Iterable[Evidence]) -> Iterator[Evidence]:
    """Neighbouring rows of one kind as one."""
    current: Evidence | None = None
    for row in rows:
        if current is not None and current.kind is row.kind and _adjoins(current, row):
            current = Evidence(
                row.kind,
                _spanned(current.query_lines, row.query_lines),
                _spanned(current.match_lines, row.match_lines),
            )
            continue
        if current is not None:
            yield current
        current = row
    if current is not None:
        yield current


def _adjoins(first: Evidence, second: Evidence) -> bool:
    """True where the second row goes on where the first ends, on both sides by as many lines.

    Otherwise lines that do not belong together would stand beside each other. A blank line may lie between.
    """
    sides = ((first.query_lines, second.query_lines), (first.match_lines, second.match_lines))
    steps = {after[0] - before[1] for before, after in sides if before is not None and after is not None}
    return len(steps) == 1 and 1 <= min(steps) <= 2 and _is_even(first) and _is_even(second)


def _is_even(row: Evidence) -> bool:
    """True where both sides have as many lines, or only one side has any."""
    return (
        len({lines[1] - lines[0] for lines in (row.query_lines, row.match_lines) if lines is not None}) == 1
    )


def _spanned(first: tuple[int, int] | None, second: tuple[int, int] | None) -> tuple[int, int] | None:
    if first is None or second is None:
        return first or second
    return min(first[0], second[0]), max(first[1], second[1])
