"""Collects the contents that a run adds and makes them into segment folders, here or elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from codesearch.core.protocols import Embedder
from codesearch.core.types import I32, Fragment
from indexer.embedding.checkpoint import Checkpoints, embed_resumably
from indexer.embedding.stored import Stored
from indexer.folder import IndexFolder
from indexer.segments.builder import Identity, SegmentBuilder
from indexer.segments.manifest import SegmentEntry
from indexer.segments.ranges import key_ranges, segment_names
from indexer.segments.segment import Segment, write_segment
from indexer.vectors.choice import build_structure, choose_structure
from indexer.vectors.memory import VectorMemory


class Assembly(Protocol):
    """Takes contents in any order, equal ones once, and writes them; who does it changes no byte of them."""

    @property
    def model(self) -> str:
        """Id of the model of the vectors, empty without one."""
        ...

    @property
    def pending(self) -> int:
        """Number of contents whose vectors :meth:`write` computes; 0 without a model."""
        ...

    @property
    def embedded(self) -> int:
        """Number of contents whose vectors it has computed."""
        ...

    def __len__(self) -> int:
        """Number of contents."""
        ...

    def add(self, fragment: Fragment) -> bool:
        """Keep a content; False if it is here already. Fragments of one file come one after the other."""
        ...

    def take_over(self, segment: Segment, row: int) -> None:
        """Keep a content of a segment that goes, with its vector where that is of the same model."""
        ...

    def lines(self, identity: Identity) -> I32:
        """int32 [n]: the relative lines of the tokens of a content that was added."""
        ...

    def write(
        self, run: int, memory: VectorMemory, advance: Callable[[int], None]
    ) -> tuple[SegmentEntry, ...]:
        """Write the segment folders of a run, in row order; none when it adds no content.

        Args:
            run: Its number, which names the folders; what a run that died left under it is overwritten.
            memory: What searching the vectors of the whole index may take.
            advance: Hears how many more contents have their vectors.
        """
        ...


class LocalAssembly:
    """In this process; contents stay in memory until they are written, segment by segment.

    Args:
        folder: The index.
        embedder: Of the vectors; None leaves them out.
        rows: Contents of one segment at most.
    """

    def __init__(self, folder: IndexFolder, embedder: Embedder | None, rows: int) -> None:
        self._folder = folder
        self._embedder = embedder
        self._rows = rows
        self._builder = SegmentBuilder()
        self._vectors: dict[Identity, Stored] = {}
        self.embedded = 0

    def __len__(self) -> int:
        return len(self._builder)

    @property
    def model(self) -> str:
        """Id of the model of the vectors, empty without one."""
        return self._embedder.id if self._embedder else ""

    @property
    def pending(self) -> int:
        """Number of contents whose vectors the next :meth:`write` computes; 0 without a model."""
        return 0 if self._embedder is None else len(self._builder) - len(self._vectors)

    def add(self, fragment: Fragment) -> bool:
        """Keep a content; False if it is here already."""
        return self._builder.add(fragment)

    def take_over(self, segment: Segment, row: int) -> None:
        """Keep a content of a segment that goes."""
        fragment = segment.fragment(row)
        self._builder.add(fragment)
        if self._embedder is not None and segment.entry.model == self.model:
            self._vectors[fragment.exact_key, fragment.language] = segment.vectors[row]

    def lines(self, identity: Identity) -> I32:
        """int32 [n]: the relative lines of the tokens of a content that was added."""
        return self._builder.lines(identity)

    def write(
        self, run: int, memory: VectorMemory, advance: Callable[[int], None]
    ) -> tuple[SegmentEntry, ...]:
        """Write the segment folders of a run, one after the other."""
        ranges = key_ranges(self._builder.identities(), self._rows)
        if self._embedder is not None:
            for contents in ranges:  # too little memory shows before anything is embedded
                choose_structure(len(contents), self._embedder.dim, memory)
        checkpoints = Checkpoints(self._folder.checkpoints, self.model)
        names = segment_names(run, len(ranges))
        return tuple(
            self._write(name, contents, memory, checkpoints, advance)
            for name, contents in zip(names, ranges, strict=True)
        )

    def _write(
        self,
        name: str,
        contents: Sequence[Identity],
        memory: VectorMemory,
        checkpoints: Checkpoints,
        advance: Callable[[int], None],
    ) -> SegmentEntry:
        arrays, fragments, languages = self._builder.build(contents)
        vectors = None
        if self._embedder is not None:
            vectors = self._embed(fragments, self._embedder, checkpoints, advance)
        folder = self._folder.segments / name
        shutil.rmtree(folder, ignore_errors=True)
        entry = write_segment(folder, arrays, languages, vectors, self.model)
        if vectors is None:
            return entry
        structure, recall = build_structure(folder, vectors, memory)
        return replace(entry, files={**entry.files, **structure}, recall=recall)

    def _embed(
        self,
        fragments: Sequence[Fragment],
        embedder: Embedder,
        checkpoints: Checkpoints,
        advance: Callable[[int], None],
    ) -> Stored:
        """int8 [n, dim] in row order; contents that were taken over keep the vectors they had."""
        vectors = np.empty((len(fragments), embedder.dim), np.int8)
        fresh: list[int] = []
        for row, fragment in enumerate(fragments):
            known = self._vectors.get((fragment.exact_key, fragment.language))
            if known is None:
                fresh.append(row)
            else:
                vectors[row] = known
        done = 0
        for chunk, computed in embed_resumably([fragments[row] for row in fresh], embedder, checkpoints):
            vectors[fresh[done : done + len(chunk)]] = chunk
            done += len(chunk)
            advance(len(chunk))
            self.embedded += computed
        return vectors
