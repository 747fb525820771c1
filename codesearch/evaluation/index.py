"""Labelled fragments as an index on disk, so that retrieval is measured on the product's own structures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from codesearch.core.errors import InputError
from codesearch.core.protocols import Embedder
from codesearch.core.types import I64, Fragment
from indexer.embedding.stored import Stored, embed_stored
from indexer.normal.compressed import entries_of
from indexer.segments.builder import SegmentBuilder
from indexer.segments.manifest import Manifest
from indexer.segments.segment import write_segment
from indexer.segments.snapshot import SEGMENTS, Snapshot

_EMBEDDED_AT_ONCE = 4096  # fragments: bounds the features in memory to about 100 MB


@dataclass(frozen=True, slots=True)
class LabelledIndex:
    """A snapshot of labelled fragments; equal contents share a row.

    Attributes:
        snapshot: Opened, one segment.
        rows: int64 [n], the row of each labelled fragment.
        order: int64 [n], positions of the labelled fragments by row, then by position.
        starts: int64 [rows + 1], where the positions of each row begin in ``order``.
        languages: [rows], the registry id of each row.
    """

    snapshot: Snapshot
    rows: I64
    order: I64
    starts: I64
    languages: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.rows)

    def positions(self, rows: I64) -> I64:
        """int64 [m]: the labelled fragments of ranked rows, those of one row by position."""
        found: I64 = self.order[entries_of(self.starts, rows)[0]]
        return found


@contextmanager
def labelled_index(fragments: Sequence[Fragment], embedder: Embedder) -> Iterator[LabelledIndex]:
    """Index fragments in a temporary folder, which is deleted when the block ends.

    Raises:
        InputError: There are no fragments.
    """
    if not fragments:
        raise InputError("there are no labelled fragments to index", "choose another split")
    with TemporaryDirectory(prefix="codesearch-eval-") as name:
        yield _build(Path(name), fragments, embedder)


def _build(folder: Path, fragments: Sequence[Fragment], embedder: Embedder) -> LabelledIndex:
    builder = SegmentBuilder()
    for fragment in fragments:
        builder.add(fragment)
    arrays, contents, languages = builder.build()
    vectors = embed_in_batches(contents, embedder)
    entry = write_segment(folder / SEGMENTS / "labelled", arrays, languages, vectors, embedder.id)
    snapshot = Snapshot(folder, Manifest(1, (entry,), (), {}, ""))
    row_of = {(content.exact_key, content.language): row for row, content in enumerate(contents)}
    rows = np.array([row_of[fragment.exact_key, fragment.language] for fragment in fragments], np.int64)
    starts = np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=len(contents)))))
    languages_of = np.array([content.language for content in contents])
    return LabelledIndex(snapshot, rows, np.argsort(rows, kind="stable"), starts, languages_of)


def embed_in_batches(fragments: Sequence[Fragment], embedder: Embedder) -> Stored:
    """int8 [n, dim], in order: vectors as an index stores them.

    Raises:
        EnvironmentFailure: The model gave a vector that is not finite.
    """
    vectors = np.empty((len(fragments), embedder.dim), np.int8)
    for first in range(0, len(fragments), _EMBEDDED_AT_ONCE):
        batch = fragments[first : first + _EMBEDDED_AT_ONCE]
        vectors[first : first + len(batch)] = embed_stored(batch, embedder)
    return vectors
