"""Exact search: every query is compared with every row."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import faiss
import numpy as np

from codesearch.core.types import F32, I64, Mask
from indexer.embedding.stored import SCALE, Stored, as_stored
from indexer.vectors.threads import threads_for

_SIGN_BIT = np.uint8(0x80)  # FAISS's code of a signed byte is the byte plus 128


class FlatIndex:
    """FAISS scalar quantizer over signed bytes; 40,000 rows of 256 dimensions answer in 1 ms on one core.

    Queries are rounded as rows are: FAISS truncates them to integers where 64 divides the dimensions (1.14
    and later). Sums of integers are exact, so scores are the same on every processor.
    """

    def __init__(self, dim: int) -> None:
        self._index = faiss.IndexScalarQuantizer(
            dim, faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_INNER_PRODUCT
        )

    @classmethod
    def of(cls, rows: Stored) -> Self:
        """Over rows int8 [n, dim], which are copied once."""
        index = cls(rows.shape[1])
        codes = index._index.codes
        codes.resize(rows.size)
        memory = faiss.rev_swig_ptr(codes.data(), rows.size).reshape(rows.shape)
        np.bitwise_xor(rows.view(np.uint8), _SIGN_BIT, out=memory)
        index._index.ntotal = len(rows)
        return index

    @property
    def size(self) -> int:
        """Number of rows."""
        return int(self._index.ntotal)

    def add(self, vectors: F32) -> None:
        """Append float32 [n, dim] rows, rounded as a segment stores them.

        Raises:
            EnvironmentFailure: A vector is not finite.
        """
        self._index.add(rounded(vectors))

    def search(self, queries: F32, k: int, allowed: Mask | None = None) -> tuple[F32, I64]:
        """Scores float32 [q, k] and rows int64 [q, k], best first; padded with -inf and -1.

        Raises:
            EnvironmentFailure: A query is not finite.
        """
        parameters = None if allowed is None else faiss.SearchParameters(sel=bitmap(allowed))
        with threads_for(len(queries)):
            return as_cosines(*self._index.search(rounded(queries), k, params=parameters))

    def save(self, path: Path) -> None:
        """Write FAISS's own file."""
        faiss.write_index(self._index, str(path))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file that :meth:`save` wrote here."""
        index = cls.__new__(cls)
        index._index = faiss.read_index(str(path))
        return index


def bitmap(allowed: Mask) -> faiss.IDSelectorBitmap:
    """FAISS selector of the rows where bool [n] is True."""
    return faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))


def rounded(vectors: F32) -> F32:
    """float32 [n, dim]: the integers that are stored of L2-normalised rows, in the type that FAISS takes."""
    return as_stored(vectors).astype(np.float32)


def as_cosines(scores: F32, rows: I64) -> tuple[F32, I64]:
    """FAISS's inner products of rounded rows as cosines; its padding, the smallest float, as -inf."""
    return np.where(rows < 0, np.float32(-np.inf), scores / np.float32(SCALE * SCALE)), rows
