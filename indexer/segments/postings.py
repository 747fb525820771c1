"""Inverted indexes in compressed-row form: fingerprints to rows, and terms to rows with their counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from codesearch.core.types import I32, I64, U16, U32, U64, Mask
from indexer.normal.distinct import sorted_distinct
from indexer.normal.subtokens import SubTokens

_ROW_BITS = np.uint64(32)
_BLOCK_ROWS = 4096  # contents whose terms are in memory at once

Entry = TypeVar("Entry", bound=np.generic)


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
class TermPostings:
    """The contents of each term.

    Attributes:
        terms: uint64 [w], ascending.
        starts: int64 [w + 1].
        rows: int32 [q], ascending and distinct within a term.
        counts: uint16 [q], how often the content has the term, at most 65,535.
        lengths: int32 [n], terms of each content, with repeats.
    """

    terms: U64
    starts: I64
    rows: I32
    counts: U16
    lengths: I32


def term_postings(parts: SubTokens, ids: U32, starts: I64) -> TermPostings:
    """Invert the terms of contents.

    Args:
        parts: Terms of every token of the vocabulary.
        ids: uint32 [t], tokens of all contents.
        starts: int64 [n + 1], where each content's tokens begin.
    """
    terms, numbers = np.unique(parts.hashes, return_inverse=True)
    numbered = SubTokens(parts.starts, numbers.astype(np.uint64))
    lengths = np.zeros(len(starts) - 1, np.int32)
    packed, counts = [np.empty(0, np.uint64)], [np.empty(0, np.uint16)]
    for first in range(0, len(lengths), _BLOCK_ROWS):
        cut = starts[first : first + _BLOCK_ROWS + 1]
        found, sources = numbered.gather(ids[cut[0] : cut[-1]])
        rows = np.searchsorted(cut - cut[0], sources, "right") - 1
        lengths[first : first + len(cut) - 1] = np.bincount(rows, minlength=len(cut) - 1)
        cells = np.sort((found << _ROW_BITS) | (rows + first).astype(np.uint64))
        begins = np.flatnonzero(np.diff(cells, prepend=~cells[:1]))
        packed.append(cells[begins])
        repeats = np.diff(begins, append=len(cells))
        counts.append(np.minimum(repeats, np.iinfo(np.uint16).max).astype(np.uint16))
    cells = np.concatenate(packed)
    order = np.argsort(cells, kind="stable")  # merges the blocks, each of which is in order
    cells = cells[order]
    sizes = np.bincount((cells >> _ROW_BITS).astype(np.int64), minlength=len(terms))
    return TermPostings(
        terms,
        np.concatenate(([0], np.cumsum(sizes))).astype(np.int64),
        cells.astype(np.uint32).astype(np.int32),
        np.concatenate(counts)[order],
        lengths,
    )


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

    def joined(self, array: NDArray[Entry], used: Mask) -> NDArray[Entry]:
        """What ``array`` holds of the lists of the values where ``used`` [n] is True, one list after the
        other.
        """
        # Lists are long and few: to copy each is several times as fast as to gather their cells.
        bounds = zip(self.firsts[used].tolist(), self.sizes[used].tolist(), strict=True)
        return np.concatenate([array[:0], *(array[first : first + size] for first, size in bounds)])

    def spread(self, values: NDArray[Entry], used: Mask) -> NDArray[Entry]:
        """Each of ``values`` [n] once for every entry of its list, as :meth:`joined` orders them."""
        return np.repeat(values[used], self.sizes[used])
