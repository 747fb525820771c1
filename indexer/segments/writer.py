"""Collects the contents that a run adds and writes them as one new segment."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from codesearch.core.protocols import Embedder
from codesearch.core.types import U8, ContentKey, Fragment, Mask
from indexer.embedding.checkpoint import Checkpoints, embed_resumably
from indexer.embedding.stored import Stored
from indexer.folder import IndexFolder
from indexer.segments.builder import SegmentBuilder
from indexer.segments.layout import pack_layout
from indexer.segments.manifest import SegmentEntry
from indexer.segments.segment import write_segment
from indexer.segments.snapshot import Snapshot
from indexer.vectors.choice import STRUCTURE, build_structure

SMALL_SHARE = 0.1  # a segment below this share of all rows is small: many of them slow every query down
DEAD_SHARE = 0.3  # a segment with more dead rows than this is written again without them


class SegmentWriter:
    """Takes the contents of a run; those that the previous snapshot has are not stored again."""

    def __init__(self, folder: IndexFolder, previous: Snapshot, embedder: Embedder | None) -> None:
        self._folder = folder
        self._previous = previous
        self._embedder = embedder
        self._known = previous.identities()
        self._builder = SegmentBuilder()
        self._vectors: dict[tuple[ContentKey, str], Stored] = {}
        self.reused = 0
        self.embedded = 0

    def add(self, fragment: Fragment) -> bytes | None:
        """Keep a content; returns the packed layout of this occurrence where it differs from the stored
        one.
        """
        identity = (fragment.exact_key, fragment.language)
        row = self._known.get(identity)
        if row is None and self._builder.add(fragment):
            return None
        self.reused += row is not None
        stored = self._builder.lines(identity) if row is None else self._previous.fragment(row).tokens.lines
        return pack_layout(fragment.tokens.lines, stored)

    def absorb(self, alive: Mask, max_small: int) -> tuple[SegmentEntry, ...]:
        """Take over the live rows of segments that are due for a merge.

        Args:
            alive: bool [rows] of the previous snapshot: what the new snapshot still holds.
            max_small: Small segments that may stay as they are.

        Returns:
            The segments that stay.
        """
        staying = self.staying(alive, max_small)
        for number, (segment, first) in enumerate(self._previous.parts()):
            if number in staying:
                continue
            reusable = segment.entry.model == self._model and self._embedder is not None
            for position in np.flatnonzero(alive[first : first + len(segment)]).tolist():
                fragment = segment.fragment(position)
                self._builder.add(fragment)
                if reusable:
                    self._vectors[fragment.exact_key, fragment.language] = segment.vectors[position]
        return tuple(self._previous.segments[number].entry for number in staying)

    def staying(self, alive: Mask, max_small: int) -> list[int]:
        """Numbers of the previous segments that need not be written again."""
        due = _due(self._previous, alive, max_small, self._model)
        return [number for number in range(len(self._previous.segments)) if number not in due]

    @property
    def pending(self) -> int:
        """Number of contents whose vectors the next :meth:`write` computes; 0 without a model."""
        return 0 if self._embedder is None else len(self._builder) - len(self._vectors)

    def write(self, name: str, advance: Callable[[int], None]) -> SegmentEntry | None:
        """Write the segment folder; None when the run adds no content.

        Args:
            name: Of the folder; what a run that died left under it is overwritten.
            advance: Hears how many more fragments have their vectors.
        """
        if not len(self._builder):
            return None
        arrays, fragments, languages = self._builder.build()
        vectors = None if self._embedder is None else self._embed(fragments, self._embedder, advance)
        folder = self._folder.segments / name
        shutil.rmtree(folder, ignore_errors=True)
        entry = write_segment(folder, arrays, languages, vectors, self._model)
        if vectors is None:
            return entry
        structure, recall = build_structure(folder, vectors)
        return replace(entry, files={**entry.files, **structure}, recall=recall)

    @property
    def _model(self) -> str:
        return self._embedder.id if self._embedder else ""

    def _embed(
        self, fragments: Sequence[Fragment], embedder: Embedder, advance: Callable[[int], None]
    ) -> Stored:
        """int8 [n, dim] in row order; absorbed contents keep the vectors they had."""
        vectors = np.empty((len(fragments), embedder.dim), np.int8)
        fresh: list[int] = []
        for row, fragment in enumerate(fragments):
            known = self._vectors.get((fragment.exact_key, fragment.language))
            if known is None:
                fresh.append(row)
            else:
                vectors[row] = known
        checkpoints = Checkpoints(self._folder.checkpoints, embedder.id)
        done = 0
        for chunk, computed in embed_resumably([fragments[row] for row in fresh], embedder, checkpoints):
            vectors[fresh[done : done + len(chunk)]] = chunk
            done += len(chunk)
            advance(len(chunk))
            self.embedded += computed
        return vectors


def alive_rows(snapshot: Snapshot, keys: U8) -> Mask:
    """bool [rows]: the rows of a snapshot whose exact key is among uint8 [m, 16]."""
    # Fixed-width byte strings sort and compare like the keys; only their trailing zeros do not count, and all
    # keys are equally long.
    wanted = _as_strings(keys)
    masks = [np.isin(_as_strings(segment.arrays.exact), wanted) for segment in snapshot.segments]
    return np.concatenate(masks) if masks else np.empty(0, bool)


def _as_strings(keys: U8) -> NDArray[np.bytes_]:
    return np.ascontiguousarray(keys).view("S16").ravel()


def _due(snapshot: Snapshot, alive: Mask, max_small: int, model: str) -> set[int]:
    """Numbers of the segments to write again.

    These are segments of another model, mostly dead ones, small ones when there are many, and those with a
    vector structure that this installation did not write: the next manifest would vouch for it.
    """
    sizes = [len(segment) for segment in snapshot.segments]
    small = {number for number, size in enumerate(sizes) if size < SMALL_SHARE * len(snapshot)}
    due = small if len(small) >= max(max_small, 2) else set()  # one alone would be no larger afterwards
    for number, (segment, first) in enumerate(snapshot.parts()):
        dead = len(segment) - int(np.count_nonzero(alive[first : first + len(segment)]))
        foreign = STRUCTURE in segment.entry.files and not snapshot.trusted
        if foreign or segment.entry.model != model or dead > DEAD_SHARE * len(segment):
            due = due | {number}
    return due
