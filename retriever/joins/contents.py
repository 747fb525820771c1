"""Tokens of chosen rows of a snapshot in blocks, so that a join of any size needs bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from codesearch.core.types import I64, U64
from indexer.normal.compressed import entries_of
from indexer.normal.keys import blind_hashes
from indexer.segments.snapshot import Snapshot

BLOCK_TOKENS = 1 << 21  # 16 MB per column of hashes


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


class Contents:
    """Some rows of a snapshot, numbered by position.

    Args:
        snapshot: Where they are.
        rows: int64 [n], ascending.
    """

    def __init__(self, snapshot: Snapshot, rows: I64) -> None:
        self.snapshot = snapshot
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def blocks(self) -> Iterator[TokenBlock]:
        """Every content once, in order; a block is one row, or several that fit together."""
        for segment, start in self.snapshot.parts():
            arrays = segment.arrays
            low, high = np.searchsorted(self.rows, (start, start + len(segment)))
            local = self.rows[low:high] - start
            if not len(local):
                continue
            named, blind = arrays.vocabulary_hashes, blind_hashes(segment.vocabulary)
            sizes = arrays.token_starts[local + 1] - arrays.token_starts[local]
            for begin, end in _cuts(sizes):
                places, _ = entries_of(arrays.token_starts, local[begin:end])
                ids = arrays.token_ids[places]
                starts = np.concatenate(([0], np.cumsum(sizes[begin:end])))
                yield TokenBlock(int(low) + begin, starts, named[ids], blind[ids])

    @property
    def sizes(self) -> I64:
        """int64 [n]: tokens of each content."""
        parts = []
        for segment, start in self.snapshot.parts():
            low, high = np.searchsorted(self.rows, (start, start + len(segment)))
            starts = segment.arrays.token_starts
            local = self.rows[low:high] - start
            parts.append(starts[local + 1] - starts[local])
        return np.concatenate(parts) if parts else np.empty(0, np.int64)


def _cuts(sizes: I64) -> Iterator[tuple[int, int]]:
    """Ranges of rows that hold at most ``BLOCK_TOKENS`` tokens together, or one row."""
    ends = np.cumsum(sizes)
    begin = 0
    while begin < len(sizes):
        before = int(ends[begin - 1]) if begin else 0
        end = max(int(np.searchsorted(ends, before + BLOCK_TOKENS, "right")), begin + 1)
        yield begin, end
        begin = end
