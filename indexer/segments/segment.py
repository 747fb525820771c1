"""One opened segment: memory-mapped arrays and the contents they describe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import Any, cast, overload

import numpy as np
from numpy.typing import NDArray

from codesearch.core.errors import IndexFailure
from codesearch.core.types import I64, U8, U64, ContentKey, Fragment, Tokens, Vocabulary
from indexer.embedding.stored import Stored
from indexer.segments.builder import SegmentArrays
from indexer.segments.files import REBUILD, read_array, write_arrays
from indexer.segments.manifest import SegmentEntry

VECTORS = "vectors"


def write_segment(
    folder: Path,
    arrays: SegmentArrays,
    languages: tuple[str, ...],
    vectors: Stored | None,
    model: str,
) -> SegmentEntry:
    """Write a new segment folder; it does not exist for anyone until a manifest names it."""
    folder.mkdir(parents=True)
    named: dict[str, NDArray[np.generic]] = {
        field.name: getattr(arrays, field.name) for field in fields(arrays)
    }
    if vectors is not None:
        named[VECTORS] = vectors
    files = write_arrays(folder, named)
    return SegmentEntry(
        folder.name, len(arrays.exact), model if vectors is not None else "", languages, files
    )


class Segment:
    """Read access to one segment; arrays are mapped on first use."""

    def __init__(self, folder: Path, entry: SegmentEntry) -> None:
        self.folder = folder
        self.entry = entry

    def __len__(self) -> int:
        return self.entry.rows

    @cached_property
    def arrays(self) -> SegmentArrays:
        """All arrays but the vectors, mapped.

        Raises:
            IndexFailure: A file is missing, or the counts do not agree with the manifest.
        """
        named: dict[str, Any] = {
            field.name: read_array(self.folder, field.name) for field in fields(SegmentArrays)
        }
        arrays = SegmentArrays(**named)
        rows = {len(arrays.exact), len(arrays.renamed), len(arrays.language), len(arrays.token_starts) - 1}
        if rows != {self.entry.rows} or arrays.token_starts[-1] != len(arrays.token_ids):
            raise IndexFailure(f"{self.folder} is damaged: its arrays disagree on their length", REBUILD)
        return arrays

    @cached_property
    def vectors(self) -> Stored:
        """int8 [n, dim], mapped; :mod:`indexer.embedding.stored` says what they stand for.

        Raises:
            IndexFailure: It was written without vectors, or they are damaged.
        """
        if not self.entry.model:
            raise IndexFailure(f"{self.folder} has no vectors", "run 'codesearch index' without --no-embed")
        vectors = read_array(self.folder, VECTORS)
        if vectors.dtype != np.int8 or vectors.ndim != 2 or len(vectors) != self.entry.rows:
            raise IndexFailure(
                f"{self.folder} is damaged: its vectors are {vectors.dtype} {list(vectors.shape)}, "
                f"not int8 [{self.entry.rows}, dimensions]",
                REBUILD,
            )
        return cast("Stored", vectors)

    @cached_property
    def key_prefixes(self) -> U64:
        """uint64 [n], the first 8 bytes of the exact keys as big-endian numbers, so ascending."""
        return prefixes(self.arrays.exact)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The segment's distinct tokens."""
        texts = _PackedTexts(self.arrays.vocabulary_text, self.arrays.vocabulary_starts)
        return Vocabulary(texts, self.arrays.vocabulary_kinds, self.arrays.vocabulary_hashes)

    def fragment(self, row: int) -> Fragment:
        """The content of a row; its lines count from 0 at its first token."""
        arrays = self.arrays
        first, last = arrays.token_starts[row], arrays.token_starts[row + 1]
        tokens = Tokens(arrays.token_ids[first:last], arrays.token_lines[first:last], None, self.vocabulary)
        return Fragment(
            self.entry.languages[arrays.language[row]],
            tokens,
            ContentKey(arrays.exact[row].tobytes()),
            ContentKey(arrays.renamed[row].tobytes()),
        )


class _PackedTexts(Sequence[bytes]):
    """Texts that are cut from the mapped file when they are asked for: a query reads a few hundred of
    them.
    """

    def __init__(self, packed: U8, starts: I64) -> None:
        self._packed = packed
        self._starts = starts

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, index: int) -> bytes: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...

    def __getitem__(self, index: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        return self._packed[self._starts[index] : self._starts[index + 1]].tobytes()


def prefixes(keys: NDArray[np.uint8]) -> U64:
    """uint64 [n]: the first 8 bytes of 16-byte keys, ordered as the keys are."""
    return np.ascontiguousarray(keys).view(">u8")[:, 0].astype(np.uint64)


def rows_with_key(order: I64 | None, ascending: U64, keys: NDArray[np.uint8], key: ContentKey) -> I64:
    """Rows whose 16-byte key equals ``key``.

    ``ascending`` uint64 [n] holds the key prefixes in order; ``order`` int64 [n] maps them to rows of
    ``keys``, None where the rows are in that order themselves.
    """
    prefix = np.uint64(int.from_bytes(key[:8], "big"))
    first, last = np.searchsorted(ascending, prefix, "left"), np.searchsorted(ascending, prefix, "right")
    rows = np.arange(first, last) if order is None else order[first:last]
    found: I64 = rows[(keys[rows] == np.frombuffer(key, np.uint8)).all(axis=1)]
    return found
