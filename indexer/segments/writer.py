"""What a run adds to the contents of the snapshot before it, and which of its segments are written again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from codesearch.core.types import U8, Fragment, Mask
from indexer.segments.assembly import Assembly
from indexer.segments.layout import pack_layout
from indexer.segments.manifest import SegmentEntry
from indexer.segments.snapshot import Snapshot
from indexer.vectors.choice import STRUCTURE
from indexer.vectors.memory import UNBOUNDED, VectorMemory

SMALL_SHARE = (
    0.1  # a segment below this share of all rows, or of a full one, is small: many slow every query down
)
DEAD_SHARE = 0.3  # a segment with more dead rows than this is written again without them


class SegmentWriter:
    """Takes the contents of a run; those that the previous snapshot has are not stored again.

    Args:
        previous: The snapshot before the run.
        assembly: Collects the others and writes them.
        segment_rows: Contents of one segment at most.
        memory: What searching the vectors may take.
    """

    def __init__(
        self,
        previous: Snapshot,
        assembly: Assembly,
        segment_rows: int,
        memory: VectorMemory = UNBOUNDED,
    ) -> None:
        self._previous = previous
        self._assembly = assembly
        self._segment_rows = segment_rows
        self._memory = memory
        self._staying_rows = 0
        self._known = previous.identities()
        self.reused = 0

    def add(self, fragment: Fragment) -> bytes | None:
        """Keep a content; returns the packed layout of this occurrence where it differs from the stored
        one.
        """
        identity = (fragment.exact_key, fragment.language)
        row = self._known.get(identity)
        if row is None and self._assembly.add(fragment):
            return None
        self.reused += row is not None
        stored = self._assembly.lines(identity) if row is None else self._previous.fragment(row).tokens.lines
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
            for position in np.flatnonzero(alive[first : first + len(segment)]).tolist():
                self._assembly.take_over(segment, position)
        entries = tuple(self._previous.segments[number].entry for number in staying)
        self._staying_rows = sum(entry.rows for entry in entries)
        return entries

    def staying(self, alive: Mask, max_small: int) -> list[int]:
        """Numbers of the previous segments that need not be written again."""
        due = _due(self._previous, alive, max_small, self._assembly.model, self._segment_rows)
        return [number for number in range(len(self._previous.segments)) if number not in due]

    @property
    def pending(self) -> int:
        """Number of contents whose vectors the next :meth:`write` computes; 0 without a model."""
        return self._assembly.pending

    @property
    def embedded(self) -> int:
        """Number of contents whose vectors were computed."""
        return self._assembly.embedded

    def write(self, run: int, advance: Callable[[int], None]) -> tuple[SegmentEntry, ...]:
        """Write the segment folders of a run, in row order; none when it adds no content."""
        memory = self._memory
        if memory.total is not None:
            memory = replace(memory, rows=self._staying_rows + len(self._assembly))
        return self._assembly.write(run, memory, advance)


def alive_rows(snapshot: Snapshot, keys: U8) -> Mask:
    """bool [rows]: the rows of a snapshot whose exact key is among uint8 [m, 16]."""
    # Fixed-width byte strings sort and compare like the keys; only their trailing zeros do not count, and all
    # keys are equally long.
    wanted = _as_strings(keys)
    masks = [np.isin(_as_strings(segment.arrays.exact), wanted) for segment in snapshot.segments]
    return np.concatenate(masks) if masks else np.empty(0, bool)


def _as_strings(keys: U8) -> NDArray[np.bytes_]:
    return np.ascontiguousarray(keys).view("S16").ravel()


def _due(snapshot: Snapshot, alive: Mask, max_small: int, model: str, segment_rows: int) -> set[int]:
    """Numbers of the segments to write again.

    These are segments of another model, mostly dead ones, small ones when there are many, and those with a
    vector structure that this installation did not write: the next manifest would vouch for it.
    """
    sizes = [len(segment) for segment in snapshot.segments]
    limit = SMALL_SHARE * min(len(snapshot), segment_rows)
    small = {number for number, size in enumerate(sizes) if size < limit}
    due = small if len(small) >= max(max_small, 2) else set()  # one alone would be no larger afterwards
    for number, (segment, first) in enumerate(snapshot.parts()):
        dead = len(segment) - int(np.count_nonzero(alive[first : first + len(segment)]))
        foreign = STRUCTURE in segment.entry.files and not snapshot.trusted
        if foreign or segment.entry.model != model or dead > DEAD_SHARE * len(segment):
            due = due | {number}
    return due
