"""Runs of equal tokens, names and literals aside, that two contents share: clones of parts of fragments.

Content-defined anchors (n-grams whose hash is a multiple of a small number) meet in the same places of equal
runs; the runs are then extended to both sides as far as the tokens are equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from codesearch.core.types import I64, U32
from codesearch.core.workers import HERE, Workers, cut_evenly
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


def shared_runs(contents: Contents, least: int, workers: Workers = HERE) -> list[Run]:
    """Maximal runs of at least ``least`` tokens, longest first, ties by position; none that repeats itself,
    unless it is copied to the letter.

    Not every pair of places of a run that stands in many is listed: each is linked to the next one. Anchors
    are read by ranges of contents, linked by classes of their hashes, and extended by pairs of contents.
    """
    parts = workers.parts
    anchors = _Anchors(*_joined(workers.map(_anchors, contents, contents.cut(parts))))
    classes = ((number, parts) for number in range(parts))
    links = _Links(*_joined(workers.map(_linked, anchors, classes)))
    found = workers.map(_extended_all, (contents, least), links.cut(parts))
    return sorted(
        (run for runs in found for run in runs),
        key=lambda run: (-run.length, run.left, run.first, run.right, run.second),
    )


def _joined(parts: Iterable[tuple[I64, ...]]) -> Iterator[I64]:
    return (np.concatenate(column) for column in zip(*parts, strict=True))


@dataclass(frozen=True, slots=True)
class _Anchors:
    """Places that meet where runs are equal, by content and token.

    Attributes:
        owners: int64 [a], positions.
        offsets: int64 [a], tokens from the beginning of the content.
        hashes: int64 [a].
    """

    owners: I64
    offsets: I64
    hashes: I64


def _anchors(contents: Contents, positions: tuple[int, int]) -> tuple[I64, I64, I64]:
    """Those of a range of contents."""
    first, last = positions
    found = [(np.empty(0, np.int64),) * 3]
    for block in contents.part(first, last).blocks():
        mixed = gram_hashes(block.blind, ANCHOR)
        owners = block.owners
        inside = owners[: len(mixed)] == owners[ANCHOR - 1 :] if len(mixed) else np.empty(0, bool)
        chosen = np.flatnonzero(inside & (mixed % np.uint64(SAMPLED) == 0))
        offsets = chosen - block.starts[owners[chosen] - block.first]
        found.append((owners[chosen] + first, offsets, mixed[chosen].view(np.int64)))
    owners, offsets, hashes = _joined(found)
    return owners, offsets, hashes


def _linked(anchors: _Anchors, chosen: tuple[int, int]) -> tuple[I64, I64, I64, I64]:
    """Equal anchors, each with the next one in another place, of those whose hash leaves a remainder.

    Args:
        anchors: Of all contents.
        chosen: The remainder and the divisor.

    Returns:
        As :class:`_Links` has them, in any order.
    """
    remainder, divisor = chosen
    here = np.flatnonzero((anchors.hashes.view(np.uint64) // SAMPLED) % np.uint64(divisor) == remainder)
    order = here[np.argsort(anchors.hashes[here], kind="stable")]  # equal ones by place
    hashes = anchors.hashes[order]
    edges = np.flatnonzero(np.concatenate(([True], hashes[1:] != hashes[:-1], [True])))
    sizes = np.diff(edges) if len(hashes) else np.empty(0, np.int64)
    usable = np.repeat((sizes > 1) & (sizes <= MOST_PLACES), sizes)
    linked = usable[:-1] & (hashes[1:] == hashes[:-1]) if len(hashes) else usable
    left, right = order[:-1][linked], order[1:][linked]
    return anchors.owners[left], anchors.owners[right], anchors.offsets[left], anchors.offsets[right]


@dataclass(frozen=True, slots=True)
class _Links:
    """Pairs of equal anchors.

    Attributes:
        left: int64 [l], positions.
        right: int64 [l].
        first: int64 [l], the token of the left content.
        second: int64 [l], that of the right one.
    """

    left: I64
    right: I64
    first: I64
    second: I64

    def cut(self, parts: int) -> Sequence[_Links]:
        """At most ``parts``, those of two contents in one, by shift and place."""
        order = np.lexsort((self.first, self.second - self.first, self.right, self.left))
        left, right = self.left[order], self.right[order]
        pairs = np.flatnonzero(np.concatenate(([True], (np.diff(left) != 0) | (np.diff(right) != 0))))
        ends = np.append(pairs, len(order))
        edges = np.unique([ends[np.searchsorted(ends, edge)] for edge, _ in cut_evenly(len(order), parts)])
        return [
            _Links(left[a:b], right[a:b], self.first[order[a:b]], self.second[order[a:b]])
            for a, b in pairwise([*edges.tolist(), len(order)])
        ]


def _extended_all(contents_and_least: tuple[Contents, int], links: _Links) -> list[Run]:
    """The runs around some links that are long enough and vary, each once."""
    contents, least = contents_and_least
    positions, numbers = np.unique(np.concatenate((links.left, links.right)), return_inverse=True)
    column = _Column.of(Contents(contents.snapshot, contents.rows[positions]))
    left, right = numbers[: len(links.left)], numbers[len(links.left) :]
    found = _extended(column, _Links(left, right, links.first, links.second))
    runs = {run for run in found if run.length >= least and column.varies(run)}
    return [replace(run, left=int(positions[run.left]), right=int(positions[run.right])) for run in runs]


@dataclass(frozen=True, slots=True)
class _Column:
    """Tokens of some contents in one column.

    Attributes:
        tokens: uint32 [t], a number per distinct blind token.
        named: uint32 [t], the same with names and literals.
        starts: int64 [n + 1].
    """

    tokens: U32
    named: U32
    starts: I64

    @classmethod
    def of(cls, contents: Contents) -> _Column:
        """Read the tokens block by block."""
        tokens, named, starts = [np.empty(0, np.uint32)], [np.empty(0, np.uint32)], [np.zeros(1, np.int64)]
        for block in contents.blocks():
            # The lower half of a hash tells apart what a corpus has of keywords and operators, and of names
            # all but a few, on which nothing here depends.
            tokens.append(block.blind.astype(np.uint32))
            named.append(block.named.astype(np.uint32))
            starts.append(block.starts[1:] + starts[-1][-1])
        return cls(np.concatenate(tokens), np.concatenate(named), np.concatenate(starts))

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


def _extended(column: _Column, links: _Links) -> Iterator[Run]:
    """The maximal run around every link; links come by contents, shift and place, and those within one run
    give it once.
    """
    done = (-1, -1, -1)  # the pair of contents and the shift of the last run
    reach = -1
    columns = (links.left, links.right, links.second - links.first, links.first)
    for our, their, shift, place in zip(*(column.tolist() for column in columns), strict=True):
        if (our, their, shift) == done and place < reach:
            continue
        run = _maximal(column, our, their, place, place + shift)
        done, reach = (our, their, shift), run.first + run.length
        if our != their or run.length <= shift:  # a run may not overlap itself
            yield run


def _maximal(column: _Column, our: int, their: int, first: int, second: int) -> Run:
    """The run around token ``first`` of a content and token ``second`` of another one."""
    tokens = column.tokens
    ours, theirs = column.starts[our : our + 2].tolist(), column.starts[their : their + 2].tolist()
    left, right = ours[0] + first, theirs[0] + second
    back = min(first, second)
    before = _equal(tokens[left - back : left][::-1], tokens[right - back : right][::-1])
    ahead = min(ours[1] - left, theirs[1] - right)
    after = _equal(tokens[left : left + ahead], tokens[right : right + ahead])
    return Run(our, first - before, their, second - before, before + after)


def _equal(ours: U32, theirs: U32) -> int:
    """Length of the common beginning."""
    differs = ours != theirs
    position = int(differs.argmax()) if len(differs) else 0
    return position if len(differs) and differs[position] else len(differs)
