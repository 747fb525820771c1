"""What an audit compares: the occurrences of contents in the files of some corpora."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesearch.core.errors import IndexFailure
from codesearch.core.results import Place
from codesearch.core.store.population import AnalysedFile, FragmentColumns, analysed_files, fragment_columns
from codesearch.core.store.snapshot import Filters
from codesearch.core.store.snapshot import Snapshot as StoreSnapshot
from codesearch.core.types import I32, I64, U8, FragmentKind, Mask, TokenKind
from indexer.segments.snapshot import Snapshot

TABLE_LITERALS = 0.25  # of the tokens; in a list of literals every second one is a comma
TABLE_NAMES = 0.25  # a list of calls with literals has more names than that


@dataclass(frozen=True, slots=True)
class Population:
    """Occurrences of contents, by corpus, path and line, outer before inner.

    Attributes:
        snapshot: Where the contents are.
        files: The files that were analysed.
        fragments: What their blobs hold.
        rows: int64 [o], snapshot row of each occurrence.
        file: int64 [o], position in ``files``.
        fragment: int64 [o], position in ``fragments``.
    """

    snapshot: Snapshot
    files: Sequence[AnalysedFile]
    fragments: FragmentColumns
    rows: I64
    file: I64
    fragment: I64

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def starts(self) -> I32:
        """int32 [o], first lines."""
        return self.fragments.starts[self.fragment]

    @property
    def ends(self) -> I32:
        """int32 [o], last lines, inclusive."""
        return self.fragments.ends[self.fragment]

    def name(self, occurrence: int) -> str:
        """Declared name, empty without one."""
        return str(self.fragments.names[self.fragment[occurrence]])

    def kind(self, occurrence: int) -> FragmentKind:
        """What it is cut from."""
        return FragmentKind(self.fragments.kinds[self.fragment[occurrence]])

    def place(self, occurrence: int) -> Place:
        """Where it stands."""
        file, fragment = self.files[self.file[occurrence]], self.fragment[occurrence]
        return Place(
            file.corpus, file.path, int(self.fragments.starts[fragment]), int(self.fragments.ends[fragment])
        )

    def keep(self, kept: Mask) -> Population:
        """The same with some occurrences only."""
        return Population(
            self.snapshot, self.files, self.fragments, self.rows[kept], self.file[kept], self.fragment[kept]
        )

    def outermost_functions(self) -> I64:
        """Functions, methods and blocks that lie in no other one, ascending."""
        chosen = np.flatnonzero([kind != FragmentKind.CLASS for kind in self.fragments.kinds])
        chosen = np.flatnonzero(np.isin(self.fragment, chosen))
        # Sorted by line, outer first: whatever begins before the furthest end so far is inside.
        offsets = self.file[chosen] << 32
        starts, ends = self.starts[chosen] + offsets, self.ends[chosen] + offsets
        reach = np.concatenate(([-1], np.maximum.accumulate(ends)[:-1])) if len(chosen) else ends
        return chosen[starts > reach]


def read_population(
    store: StoreSnapshot,
    snapshot: Snapshot,
    corpora: Collection[str],
    filters: Filters,
    smallest: tuple[int, int],
) -> Population:
    """Occurrences in some corpora.

    Args:
        store: The snapshot's files and fragments.
        snapshot: Its contents.
        corpora: Names.
        filters: Which files count.
        smallest: Lines and tokens that an occurrence has at least.

    Raises:
        IndexFailure: The store names contents that the snapshot lacks.
    """
    files = analysed_files(store, corpora, filters)
    blobs = np.array([file.blob_id for file in files], np.int64)
    fragments = fragment_columns(store, np.unique(blobs))
    first = np.searchsorted(fragments.blobs, blobs)
    counts = np.searchsorted(fragments.blobs, blobs, "right") - first
    file = np.repeat(np.arange(len(files)), counts)
    fragment = np.arange(len(file)) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(first, counts)
    known = rows_of(snapshot, fragments.keys, fragments.languages)
    if lacking := np.count_nonzero(known < 0):
        raise IndexFailure(
            f"the index lacks the contents of {lacking} of {len(known)} fragments",
            "run 'codesearch doctor --repair'",
        )
    rows = known[fragment]
    population = Population(snapshot, files, fragments, rows, file, fragment)
    lines, tokens = smallest
    large = (population.ends - population.starts + 1 >= lines) & (token_counts(snapshot)[rows] >= tokens)
    return population.keep(large & ~is_data(snapshot)[rows])


def token_counts(snapshot: Snapshot) -> I64:
    """int64 [rows]: tokens of every content."""
    parts = [np.diff(segment.arrays.token_starts) for segment in snapshot.segments]
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def is_data(snapshot: Snapshot) -> Mask:
    """bool [rows]: contents that are tables of literals, which are alike by nature and merge into nothing."""
    parts = [np.empty(0, bool)]
    for segment in snapshot.segments:
        arrays = segment.arrays
        kinds = arrays.vocabulary_kinds[arrays.token_ids]
        firsts = arrays.token_starts[:-1]
        literal = (kinds == TokenKind.NUMBER) | (kinds == TokenKind.STRING)
        sizes = np.maximum(np.diff(arrays.token_starts), 1)
        named = (kinds == TokenKind.IDENTIFIER) | (kinds == TokenKind.KEYWORD)
        literals = np.add.reduceat(literal, firsts, dtype=np.int64) if len(firsts) else sizes
        names = np.add.reduceat(named, firsts, dtype=np.int64) if len(firsts) else sizes
        parts.append((literals >= TABLE_LITERALS * sizes) & (names <= TABLE_NAMES * sizes))
    return np.concatenate(parts)


def rows_of(snapshot: Snapshot, keys: U8, languages: Sequence[str]) -> I64:
    """int64 [n]: the row of each content, given by key (uint8 [n, 16]) and language; -1 without one."""
    found = np.full(len(keys), -1, np.int64)
    wanted = _as_strings(keys)
    for segment, start in snapshot.parts():
        numbers = {language: number for number, language in enumerate(segment.entry.languages)}
        codes = np.array([numbers.get(language, -1) for language in languages], np.int64)
        ascending, language = _as_strings(segment.arrays.exact), segment.arrays.language
        first = np.searchsorted(ascending, wanted)
        # Equal contents of several languages stand side by side.
        for position in (np.minimum(first + step, len(ascending) - 1) for step in range(len(numbers))):
            hit = (ascending[position] == wanted) & (language[position] == codes)
            found[hit] = start + position[hit]
    return found


def _as_strings(keys: U8) -> NDArray[np.bytes_]:
    return np.ascontiguousarray(keys).view("S16").ravel()
