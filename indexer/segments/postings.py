"""Inverted indexes in compressed-row form: fingerprints to rows, and terms to BM25 scores."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codesearch.core.types import F32, I32, I64, U32, U64, Mask
from indexer.normal.distinct import sorted_distinct
from indexer.normal.subtokens import SubTokens

BM25_METHOD = "lucene"  # Kamphuis et al. 2020: all variants retrieve alike; this one has no negative weights

_ROW_BITS = np.uint64(32)
_BLOCK_ROWS = 4096  # contents whose terms are in memory at once


@dataclass(frozen=True, slots=True)
class Postings:
    """Distinct values and the rows that hold them.

    Attributes:
        values: uint32 [g], ascending.
        starts: int64 [g + 1].
        rows: uint32 [p], ascending and distinct within a value.
    """

    values: U32
    starts: I64
    rows: U32

    @classmethod
    def of(cls, values: U32, rows: I64) -> Postings:
        """Invert (value, row) pairs given in any order, dropping repeats."""
        return cls.of_packed(cls.packed(values, rows))

    @staticmethod
    def packed(values: U32, rows: I64) -> U64:
        """The distinct (value, row) pairs as one integer each, ascending."""
        # One sort of combined integers is ten times as fast as a sort by two keys.
        return sorted_distinct((values.astype(np.uint64) << _ROW_BITS) | rows.astype(np.uint64))

    @classmethod
    def of_packed(cls, packed: U64) -> Postings:
        """Invert what :meth:`packed` gave, of several parts too; ``packed`` is sorted in place."""
        pairs = sorted_distinct(packed)
        ordered = (pairs >> _ROW_BITS).astype(np.uint32)
        starts = np.flatnonzero(np.diff(ordered, prepend=~ordered[:1], append=~ordered[-1:]))
        return cls(ordered[starts[:-1]], starts.astype(np.int64), pairs.astype(np.uint32))


@dataclass(frozen=True, slots=True)
class LexicalScores:
    """BM25 scores by term: ``terms`` uint64 [w] ascending, ``starts`` int64 [w + 1], ``rows`` and
    ``scores`` [q].
    """

    terms: U64
    starts: I64
    rows: I32
    scores: F32


def lexical_scores(parts: SubTokens, ids: U32, starts: I64) -> LexicalScores:
    """Score every (term, content) occurrence with bm25s.

    Args:
        parts: Terms of every token of the vocabulary.
        ids: uint32 [t], tokens of all contents.
        starts: int64 [n + 1], where each content's tokens begin.
    """
    import bm25s  # 0.15 s of import, needed by writers only

    distinct, numbers = np.unique(parts.hashes, return_inverse=True)
    terms = _Documents(SubTokens(parts.starts, numbers.astype(np.uint64)), ids, starts)
    if not len(distinct) or not len(terms):
        return LexicalScores(
            distinct[:0], np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32)
        )
    scorer = bm25s.BM25(method=BM25_METHOD, csc_backend="numpy")
    index = scorer.build_index_from_ids(list(range(len(distinct))), terms, show_progress=False)
    return LexicalScores(
        distinct,
        index["indptr"].astype(np.int64),
        index["indices"].astype(np.int32),
        index["data"].astype(np.float32),
    )


class _Documents:
    """Term numbers of each content, made when they are asked for: all lists at once would take 40 bytes a
    term.
    """

    def __init__(self, parts: SubTokens, ids: U32, starts: I64) -> None:
        self._parts = parts
        self._ids = ids
        self._starts = starts

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __iter__(self) -> Iterator[list[int]]:
        for first in range(0, len(self), _BLOCK_ROWS):
            starts = self._starts[first : first + _BLOCK_ROWS + 1]
            terms, sources = self._parts.gather(self._ids[starts[0] : starts[-1]])
            ends = np.searchsorted(sources, starts - starts[0])
            numbers = terms.tolist()
            for begin, end in itertools.pairwise(ends.tolist()):
                yield numbers[begin:end]


@dataclass(frozen=True, slots=True)
class Lists:
    """The postings lists of some values in an index that may lack them, without reading the lists themselves.

    Attributes:
        firsts: int64 [n], where each value's list begins.
        sizes: int64 [n], its length; 0 where the index does not hold the value.
    """

    firsts: I64
    sizes: I64

    @classmethod
    def of(cls, wanted: NDArray[np.unsignedinteger[Any]], values: NDArray[Any], starts: I64) -> Lists:
        """Look up ``wanted`` [n] among ``values`` [g], ascending, whose lists begin at ``starts`` [g + 1]."""
        if not len(values):
            nothing = np.zeros(len(wanted), np.int64)
            return cls(nothing, nothing)
        positions = np.minimum(np.searchsorted(values, wanted), len(values) - 1)
        firsts = starts[positions]
        return cls(firsts, np.where(values[positions] == wanted, starts[positions + 1] - firsts, 0))

    def cells(self, used: Mask) -> tuple[I64, I64]:
        """Positions in the lists of the values where ``used`` [n] is True, and which value each belongs
        to.
        """
        counts = np.where(used, self.sizes, 0)
        owners = np.repeat(np.arange(len(counts)), counts)
        within = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
        return self.firsts[owners] + within, owners
