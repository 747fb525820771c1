"""Runs of equal tokens, names and literals aside, that two contents share: clones of parts of fragments.

Content-defined anchors (n-grams whose hash is a multiple of a small number) meet in the same places of equal
runs; the runs are then extended to both sides as far as the tokens are equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from codesearch.core.types import I64, U32, U64
from indexer.normal.winnow import GRAM, gram_hashes
from retriever.joins.contents import Contents

ANCHOR = 24  # tokens
SAMPLED = 4
"""One n-gram in so many is an anchor: a run of 50 equal tokens has none in 4 of 10,000 cases (.75^27)."""
MOST_PLACES = 60  # where an anchor stands in more, it is a table or boilerplate
VARIED = 0.5  # distinct n-grams in a run per token, at least: tables and ladders of cases repeat themselves
LITERAL = 0.95
"""Share of the very same tokens from which two ladders are a copy all the same. Neighbouring rungs of one
ladder have about .85; the rest is left for a name that was changed."""


@dataclass(frozen=True, slots=True)
class Run:
    """Equal tokens of two positions: ``length`` from ``first`` of ``left`` and ``second`` of ``right`` on."""

    left: int
    first: int
    right: int
    second: int
    length: int


def shared_runs(contents: Contents, least: int) -> list[Run]:
    """Maximal runs of at least ``least`` tokens, longest first, ties by position; none that repeats itself,
    unless it is copied to the letter.

    Not every pair of places of a run that stands in many is listed: each is linked to the next one.
    """
    column = _Column.of(contents)
    left, right = _linked_anchors(column)
    runs = {run for run in _extended(column, left, right) if run.length >= least and column.varies(run)}
    return sorted(runs, key=lambda run: (-run.length, run.left, run.first, run.right, run.second))


@dataclass(frozen=True, slots=True)
class _Column:
    """Tokens of all contents in one column.

    Attributes:
        tokens: uint32 [t], a number per distinct blind token.
        named: uint32 [t], the same with names and literals.
        starts: int64 [n + 1].
        anchors: int64 [a], places of the anchors, ascending.
        hashes: uint64 [a].
    """

    tokens: U32
    named: U32
    starts: I64
    anchors: I64
    hashes: U64

    @classmethod
    def of(cls, contents: Contents) -> _Column:
        """Read the tokens block by block."""
        tokens, named, starts, anchors, hashes = [], [], [np.zeros(1, np.int64)], [], []
        total = 0
        for block in contents.blocks():
            mixed = gram_hashes(block.blind, ANCHOR)
            owners = block.owners
            inside = owners[: len(mixed)] == owners[ANCHOR - 1 :] if len(mixed) else np.empty(0, bool)
            chosen = np.flatnonzero(inside & (mixed % np.uint64(SAMPLED) == 0))
            anchors.append(chosen + total)
            hashes.append(mixed[chosen])
            # The lower half of a hash tells apart what a corpus has of keywords and operators, and of names
            # all but a few, on which nothing here depends.
            tokens.append(block.blind.astype(np.uint32))
            named.append(block.named.astype(np.uint32))
            starts.append(block.starts[1:] + total)
            total += len(block.blind)
        if not tokens:
            none = np.empty(0, np.uint32)
            return cls(none, none, starts[0], np.empty(0, np.int64), np.empty(0, np.uint64))
        return cls(
            np.concatenate(tokens),
            np.concatenate(named),
            np.concatenate(starts),
            np.concatenate(anchors),
            np.concatenate(hashes),
        )

    def owner(self, places: I64) -> I64:
        """int64: the position that each token belongs to."""
        return np.searchsorted(self.starts, places, "right") - 1

    def varies(self, run: Run) -> bool:
        """False for a run that repeats itself, unless it is copied to the letter."""
        ours, theirs = int(self.starts[run.left]) + run.first, int(self.starts[run.right]) + run.second
        if _is_varied(self.tokens[ours : ours + run.length]):
            return True
        names = self.named[ours : ours + run.length]
        same = int(np.count_nonzero(names == self.named[theirs : theirs + run.length]))
        return same >= LITERAL * run.length and _is_varied(names)


def _is_varied(tokens: U32) -> bool:
    grams = gram_hashes(tokens.astype(np.uint64), GRAM)
    return len(np.unique(grams)) >= VARIED * len(grams)


def _linked_anchors(column: _Column) -> tuple[I64, I64]:
    """Places of equal anchors, each with the next one in another place."""
    order = np.argsort(column.hashes, kind="stable")  # equal ones by place
    hashes, places = column.hashes[order], column.anchors[order]
    edges = np.flatnonzero(np.concatenate(([True], hashes[1:] != hashes[:-1], [True])))
    sizes = np.diff(edges) if len(hashes) else np.empty(0, np.int64)
    usable = np.repeat((sizes > 1) & (sizes <= MOST_PLACES), sizes)
    linked = usable[:-1] & (hashes[1:] == hashes[:-1]) if len(hashes) else usable
    return places[:-1][linked], places[1:][linked]


def _extended(column: _Column, left: I64, right: I64) -> Iterator[Run]:
    """The maximal run around every pair of anchors; pairs within one run give it once."""
    ours, theirs = column.owner(left), column.owner(right)
    order = np.lexsort((left, right - left, theirs, ours))
    done = (-1, -1, -1)  # the pair of contents and the shift of the last run
    reach = -1
    columns = (ours[order], theirs[order], (right - left)[order], left[order])
    for our, their, shift, place in zip(*(column.tolist() for column in columns), strict=True):
        if (our, their, shift) == done and place < reach:
            continue
        run = _maximal(column, our, their, place, place + shift)
        done, reach = (our, their, shift), int(column.starts[our]) + run.first + run.length
        if our != their or run.length <= shift:  # a run may not overlap itself
            yield run


def _maximal(column: _Column, our: int, their: int, first: int, second: int) -> Run:
    tokens, starts = column.tokens, column.starts
    back = min(first - int(starts[our]), second - int(starts[their]))
    before = _equal(tokens[first - back : first][::-1], tokens[second - back : second][::-1])
    ahead = min(int(starts[our + 1]) - first, int(starts[their + 1]) - second)
    after = _equal(tokens[first : first + ahead], tokens[second : second + ahead])
    return Run(
        our, first - before - int(starts[our]), their, second - before - int(starts[their]), before + after
    )


def _equal(ours: U32, theirs: U32) -> int:
    """Length of the common beginning."""
    differs = ours != theirs
    position = int(differs.argmax()) if len(differs) else 0
    return position if len(differs) and differs[position] else len(differs)
