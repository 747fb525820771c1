"""Classes of parts of fragments: a block that stands in two functions which are otherwise different."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

import numpy as np
from sqlalchemy import Connection

from codesearch.audit.classes.atoms import Atoms, make_atoms
from codesearch.audit.classes.parts import LineTable, Part, apart
from codesearch.audit.classes.population import Population
from codesearch.audit.classes.ranges import Range, group_ranges
from codesearch.core.types import I64, Tokens
from codesearch.core.workers import Workers, cut_evenly
from retriever.joins.contents import Contents, without_run_order
from retriever.joins.runs import Run, shared_runs

LEAST_TOKENS = 50  # jscpd's default: under it, idioms of a language are found
WHOLE_SHARE = 0.9  # a run over this share of both contents is a matter of whole contents
LEAST_AGREEMENT = 0.65  # tokens of a run that are the very same; blind runs alone are shapes, not copies

_CLOSING = frozenset((b")", b"]", b"}", b");", b"})", b"end", b",", b";"))


def find_shared_runs(
    population: Population,
    connection: Connection,
    family_of: I64,
    workers: Workers,
    *,
    smallest: tuple[int, int],
    cross_language: bool,
) -> list[tuple[Part, ...]]:
    """Groups of parts.

    Args:
        population: What is compared.
        connection: Of the store, for the lines of single tokens.
        family_of: int64 [rows], number of each content's class; contents of one class share everything.
        workers: Look for the runs.
        smallest: Lines and tokens of a part at least.
        cross_language: Whether two languages can share a run.
    """
    outer = population.outermost_functions()
    rows = without_run_order(population.snapshot, population.rows[outer])
    renamed = np.ones(len(rows), bool)
    atoms = make_atoms(population.snapshot, rows, renamed, cross_language=cross_language, workers=workers)
    contents = Contents(population.snapshot, atoms.representatives)
    least = max(LEAST_TOKENS, smallest[1])
    runs = shared_runs(contents, least, workers)
    telling = _Telling(contents, family_of[contents.rows], least)
    parts = [runs[first:last] for first, last in cut_evenly(len(runs), workers.parts)]
    told = chain.from_iterable(workers.map(_told, telling, parts))
    classes = group_ranges(told, partial(_agrees, contents))
    return list(_located(population, outer, connection, atoms, classes, smallest[0]))


def whole_lines(run: Run, ours: Tokens, theirs: Tokens) -> Run:
    """The part of a run that is whole lines on both sides, from one that does not begin with a closing
    bracket; of length 0 where there is none.
    """
    starts = np.intersect1d(
        _line_starts(ours, run.first, run.length), _line_starts(theirs, run.second, run.length)
    )
    inner = starts[starts < run.length]
    if not len(inner):
        return replace(run, length=0)
    texts = ours.vocabulary.texts
    opening = [
        offset for offset in inner.tolist() if texts[int(ours.ids[run.first + offset])] not in _CLOSING
    ]
    first = opening[0] if opening else int(inner[0])
    return Run(run.left, run.first + first, run.right, run.second + first, max(int(starts[-1]) - first, 0))


def _line_starts(tokens: Tokens, first: int, length: int) -> I64:
    """Offsets from token ``first``, 0 to ``length``, at which a line begins or the content ends."""
    places = np.arange(first, first + length + 1)
    lines = tokens.lines[np.minimum(places, len(tokens) - 1)]
    changes = lines != tokens.lines[np.maximum(places - 1, 0)]
    return np.flatnonzero((places == 0) | (places == len(tokens)) | changes)


@dataclass(frozen=True, slots=True)
class _Telling:
    """Which runs say more than what is known of the contents as wholes.

    Attributes:
        contents: What the runs are of.
        families: int64 [n], the number of each content's class.
        least: Tokens of a run.
    """

    contents: Contents
    families: I64
    least: int


def _told(telling: _Telling, runs: Sequence[Run]) -> list[Run]:
    """Those of some runs, in order, cut to whole lines."""
    contents, families = telling.contents, telling.families
    snapshot, rows, sizes = contents.snapshot, contents.rows, contents.sizes
    codes = snapshot.language_codes[rows]
    found = []
    for run in runs:
        left, right = run.left, run.right
        if codes[left] != codes[right] or (families[left] == families[right] and left != right):
            continue
        if run.length >= WHOLE_SHARE * max(sizes[left], sizes[right]):
            continue
        ours, theirs = (snapshot.fragment(int(rows[at])).tokens for at in (left, right))
        whole = whole_lines(run, ours, theirs)
        if whole.length >= telling.least and _agrees(contents, whole):
            found.append(whole)
    return found


def _agrees(contents: Contents, run: Run) -> bool:
    """Whether most tokens of two ranges of equal length are the very same."""
    ours, theirs = (contents.snapshot.fragment(int(contents.rows[at])).tokens for at in (run.left, run.right))
    same = (
        ours.hashes[run.first : run.first + run.length] == theirs.hashes[run.second : run.second + run.length]
    )
    return int(np.count_nonzero(same)) >= LEAST_AGREEMENT * run.length


def _located(
    population: Population,
    outer: I64,
    connection: Connection,
    atoms: Atoms,
    classes: Sequence[Sequence[Range]],
    least_lines: int,
) -> Iterator[tuple[Part, ...]]:
    """Ranges as parts of all occurrences of their contents."""
    ordered = outer[np.argsort(population.rows[outer], kind="stable")]
    ascending = population.rows[ordered]

    def occurrences(position: int) -> Iterator[int]:
        for row in atoms.members[position].tolist():
            first, last = np.searchsorted(ascending, (row, row + 1))
            yield from ordered[first:last].tolist()

    placed = [[(found, list(occurrences(found.position))) for found in ranges] for ranges in classes]
    table = LineTable(
        population, connection, (place for group in placed for _, places in group for place in places)
    )
    for group in placed:
        parts = []
        for found, places in group:
            for place in places:
                start, end = table.lines(place, found.first, found.last)
                row, file = int(population.rows[place]), int(population.file[place])
                parts.append(Part(place, row, found.first, found.last, file, start, end, whole=False))
        kept = apart([part for part in parts if part.end_line - part.start_line + 1 >= least_lines])
        if len(kept) > 1:
            yield kept
