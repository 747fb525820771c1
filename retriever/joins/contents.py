"""Tokens of chosen rows of a snapshot in blocks, so that a join of any size needs bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from codesearch.core.types import I64, U64, Mask
from codesearch.core.workers import cut_evenly
from indexer.normal.compressed import entries_of
from indexer.normal.keys import blind_hashes
from indexer.segments.snapshot import Snapshot

BLOCK_TOKENS = 1 << 19  # 4 MB per column of hashes; larger blocks are no faster


@dataclass(frozen=True, slots=True)
class TokenBlock:
    """Tokens of consecutive positions.

    Attributes:
        first: Position of the first row of the block.
        starts: int64 [b + 1], where each row's tokens begin.
        named: uint64 [t], token hashes.
        blind: uint64 [t], the same with names and literals replaced by markers.
    """

    first: int
    starts: I64
    named: U64
    blind: U64

    @property
    def owners(self) -> I64:
        """int64 [t]: the position that each token belongs to."""
        return self.first + np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))


def without_run_order(snapshot: Snapshot, rows: I64) -> I64:
    """The distinct rows in an order of their contents: rows are numbered by the run that added them, and what
    is found may not depend on that.
    """
    distinct = np.unique(rows)
    ordered: I64 = distinct[np.argsort(snapshot.ties[distinct], kind="stable")]
    return ordered


class Contents:
    """Some rows of a snapshot, numbered by position.

    Args:
        snapshot: Where they are.
        rows: int64 [n], distinct; joins break ties by their order.
    """

    def __init__(self, snapshot: Snapshot, rows: I64) -> None:
        self.snapshot = snapshot
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def part(self, first: int, last: int) -> Contents:
        """Those from position ``first`` up to ``last``, numbered from 0."""
        return Contents(self.snapshot, self.rows[first:last])

    def cut(self, parts: int) -> Sequence[tuple[int, int]]:
        """Ranges of positions that cover all, at most ``parts`` of about as many tokens each."""
        if parts == 1 or not len(self):
            return cut_evenly(len(self), 1)
        ends = np.cumsum(self.sizes)
        shares = np.arange(1, parts) * ends[-1] // parts
        edges = np.unique([0, *np.searchsorted(ends, shares, "right").tolist(), len(self)])
        return list(pairwise(edges.tolist()))

    def blocks(self) -> Iterator[TokenBlock]:
        """Every content once, in order; a block is one row, or several that fit together."""
        blind = [blind_hashes(segment.vocabulary) for segment in self.snapshot.segments]
        sizes = self.sizes
        for begin, end in cut_ranges(sizes, BLOCK_TOKENS):
            starts = np.concatenate(([0], np.cumsum(sizes[begin:end])))
            block = TokenBlock(
                begin, starts, np.empty(starts[-1], np.uint64), np.empty(starts[-1], np.uint64)
            )
            rows = self.rows[begin:end]
            for number, (segment, first) in enumerate(self.snapshot.parts()):
                here = np.flatnonzero(self._within(rows, number))
                places, _ = entries_of(segment.arrays.token_starts, rows[here] - first)
                targets, _ = entries_of(starts, here)
                ids = segment.arrays.token_ids[places]
                block.named[targets] = segment.arrays.vocabulary_hashes[ids]
                block.blind[targets] = blind[number][ids]
            yield block

    @property
    def sizes(self) -> I64:
        """int64 [n]: tokens of each content."""
        sizes = np.empty(len(self.rows), np.int64)
        for number, (segment, first) in enumerate(self.snapshot.parts()):
            here = self._within(self.rows, number)
            starts, local = segment.arrays.token_starts, self.rows[here] - first
            sizes[here] = starts[local + 1] - starts[local]
        return sizes

    def _within(self, rows: I64, number: int) -> Mask:
        """bool: whether each row is one of a segment's."""
        inside: Mask = (self.snapshot.starts[number] <= rows) & (rows < self.snapshot.starts[number + 1])
        return inside


def cut_ranges(sizes: I64, most: int) -> Iterator[tuple[int, int]]:
    """Consecutive ranges of items whose sizes add up to at most ``most``, or of one item."""
    ends = np.cumsum(sizes)
    begin = 0
    while begin < len(sizes):
        before = int(ends[begin - 1]) if begin else 0
        end = max(int(np.searchsorted(ends, before + most, "right")), begin + 1)
        yield begin, end
        begin = end
