"""Recall of an approximate structure, measured against every row that it stands for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np

from codesearch.core.protocols import VectorIndex
from codesearch.core.types import F32
from indexer.embedding.stored import SCALE, Stored, as_vectors

NEIGHBOURS = 10
QUERIES = 256  # rows that ask; a recall of .97 is then known to .007
_BLOCK_BYTES = 1 << 26  # of rows as float32


@dataclass(frozen=True, slots=True)
class RecallProbe:
    """Rows that ask for their neighbours, and how near the tenth of these is.

    Attributes:
        queries: float32 [q, dim], an even sample of the rows.
        least: float32 [q], the cosine of each one's tenth neighbour, itself not counted.
    """

    queries: F32
    least: F32

    @classmethod
    def of(cls, rows: Stored) -> Self:
        """Compares the sample with all rows int8 [n, dim], a block at a time."""
        sample = even_sample(rows, QUERIES)
        asked = sample.astype(np.float32)
        best = np.full((len(sample), min(NEIGHBOURS + 1, len(rows))), -np.inf, np.float32)
        for _, block in row_blocks(rows):
            # Products of signed bytes add up to less than 2^24: exact in float32, whatever the order.
            both = np.concatenate((best, asked @ block.T), axis=1)
            best = -np.partition(-both, best.shape[1] - 1, axis=1)[:, : best.shape[1]]
        return cls(as_vectors(sample), best.min(axis=1) / np.float32(SCALE * SCALE))

    def recall(self, index: VectorIndex) -> float:
        """Share of the neighbours that a search finds; of equally near ones any counts."""
        scores, _ = index.search(self.queries, NEIGHBOURS + 1)
        found = np.minimum((scores >= self.least[:, None]).sum(axis=1) - 1, NEIGHBOURS)
        return float(np.mean(np.maximum(found, 0)) / NEIGHBOURS)


def even_sample(rows: Stored, most: int) -> Stored:
    """int8 [m, dim]: at most so many rows, equally far apart; rows are in the order of content hashes, so
    every part of a corpus is in it.
    """
    count = min(len(rows), most)
    sample: Stored = rows[np.arange(count) * len(rows) // max(count, 1)]
    return sample


def row_blocks(rows: Stored) -> Iterator[tuple[int, F32]]:
    """The rows as float32 integers, some 64 MB at a time, with the number of the first of each block."""
    step = max(_BLOCK_BYTES // (4 * rows.shape[1]), 1)
    for first in range(0, len(rows), step):
        yield first, rows[first : first + step].astype(np.float32)
