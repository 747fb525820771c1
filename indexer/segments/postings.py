"""Inverted indexes in compressed-row form: fingerprints to rows, and terms to BM25 scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codesearch.core.types import F32, I32, I64, U64

BM25_METHOD = "lucene"  # Kamphuis et al. 2020: all variants retrieve alike; this one has no negative weights


@dataclass(frozen=True, slots=True)
class Postings:
    """Distinct values and the rows that hold them.

    Attributes:
        values: uint64 [g], ascending.
        starts: int64 [g + 1].
        rows: int64 [p], ascending and distinct within a value.
    """

    values: U64
    starts: I64
    rows: I64

    @classmethod
    def of(cls, values: U64, rows: I64) -> Postings:
        """Invert (value, row) pairs given in any order, dropping repeats."""
        order = np.lexsort((rows, values))
        values, rows = values[order], rows[order]
        fresh = np.ones(len(values), bool)
        fresh[1:] = (values[1:] != values[:-1]) | (rows[1:] != rows[:-1])
        values, rows = values[fresh], rows[fresh]
        distinct, counts = np.unique(values, return_counts=True)
        return cls(distinct, np.concatenate(([0], np.cumsum(counts, dtype=np.int64))), rows)


@dataclass(frozen=True, slots=True)
class LexicalScores:
    """BM25 scores by term: ``terms`` uint64 [w] ascending, ``starts`` int64 [w + 1], ``rows`` and ``scores`` [q]."""

    terms: U64
    starts: I64
    rows: I32
    scores: F32


def lexical_scores(terms: U64, rows: I64, count: int) -> LexicalScores:
    """Score every (term, row) occurrence among ``count`` rows with bm25s; rows ascend in the input."""
    import bm25s  # noqa: PLC0415 - 0.15 s of import, needed by writers only

    distinct, ids = np.unique(terms, return_inverse=True)
    if not len(distinct):
        return LexicalScores(distinct, np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32))
    cuts = np.searchsorted(rows, np.arange(1, count))
    documents = [part.tolist() for part in np.split(ids, cuts)]
    scorer = bm25s.BM25(method=BM25_METHOD, csc_backend="numpy")
    index = scorer.build_index_from_ids(list(range(len(distinct))), documents, show_progress=False)
    return LexicalScores(
        distinct,
        index["indptr"].astype(np.int64),
        index["indices"].astype(np.int32),
        index["data"].astype(np.float32),
    )


def gather_rows(starts: I64, rows: NDArray[np.integer[Any]], positions: I64) -> tuple[I64, I64]:
    """Rows of several postings lists: int64 [m] rows, and int64 [m] which of ``positions`` each came from."""
    firsts = starts[positions]
    counts = starts[positions + 1] - firsts
    owners = np.repeat(np.arange(len(positions)), counts)
    within = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    return rows[firsts[owners] + within].astype(np.int64), owners
