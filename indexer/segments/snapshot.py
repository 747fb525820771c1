"""All segments of a manifest as one sequence of rows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from hashlib import blake2b
from pathlib import Path

import numpy as np

from codesearch.core.types import I64, U8, U32, U64, ContentKey, Fragment, Mask
from indexer.embedding.stored import Stored
from indexer.normal.keys import blind_hashes
from indexer.segments.manifest import Manifest
from indexer.segments.segment import Segment

SEGMENTS = "segments"

_NOBODY = ContentKey(b""), ""


class Snapshot:
    """Read access to the contents of an index at one moment.

    Rows are numbered across the segments in manifest order. A snapshot stays valid after newer ones are
    published, because segments never change. To other processes its address travels, and they open it again.
    """

    def __init__(self, folder: Path, manifest: Manifest, trusted: bool = False) -> None:
        self._folder = folder
        self.manifest = manifest
        self.trusted = trusted
        self.segments = tuple(Segment(folder / SEGMENTS / entry.name, entry) for entry in manifest.segments)
        self.starts: I64 = np.concatenate(
            ([0], np.cumsum([len(segment) for segment in self.segments]))
        ).astype(np.int64)

        self._first_rows: list[int] = self.starts.tolist()  # a search of an array costs ten of a list

    def __len__(self) -> int:
        return self._first_rows[-1]

    def __reduce__(self) -> tuple[Callable[[_Address], Snapshot], tuple[_Address]]:
        return _opened, (_Address.of(self._folder, self.manifest, self.trusted),)

    @cached_property
    def live(self) -> Mask:
        """bool [rows]: False where no file of this snapshot holds the content any more."""
        live = np.ones(len(self), bool)
        live[list(self.manifest.dead)] = False
        return live

    @cached_property
    def ties(self) -> U64:
        """uint64 [rows], a hash of key and language: orders equal scores the same way whatever the
        segments.
        """
        if not self.segments:
            return np.empty(0, np.uint64)
        return np.concatenate([_ties(segment) for segment in self.segments])

    @cached_property
    def renamed_keys(self) -> U8:
        """uint8 [rows, 16]."""
        keys = [segment.arrays.renamed for segment in self.segments]
        return np.concatenate(keys) if keys else np.empty((0, 16), np.uint8)

    @cached_property
    def exact_keys(self) -> U8:
        """uint8 [rows, 16]."""
        keys = [segment.arrays.exact for segment in self.segments]
        return np.concatenate(keys) if keys else np.empty((0, 16), np.uint8)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Registry ids of the languages that there are, sorted."""
        return tuple(sorted({language for segment in self.segments for language in segment.entry.languages}))

    @cached_property
    def language_codes(self) -> I64:
        """int64 [rows]: the position of each row's language in :attr:`languages`."""
        parts = [
            np.array([self.languages.index(name) for name in segment.entry.languages], np.int64)[
                segment.arrays.language
            ]
            for segment in self.segments
        ]
        return np.concatenate(parts) if parts else np.empty(0, np.int64)

    @cached_property
    def blind_numbers(self) -> Sequence[U32]:
        """Of each segment uint32 [v]: a number per token of its vocabulary, from 0 on, the same for tokens
        that are equal but for names and literals.
        """
        blind = [blind_hashes(segment.vocabulary) for segment in self.segments]
        distinct = np.unique(np.concatenate(blind)) if blind else np.empty(0, np.uint64)
        return [np.searchsorted(distinct, hashes).astype(np.uint32) for hashes in blind]

    def parts(self) -> Iterable[tuple[Segment, int]]:
        """Each segment with its first row."""
        return zip(self.segments, self.starts.tolist(), strict=False)

    def locate(self, row: int) -> tuple[Segment, int]:
        """The segment that holds a row, and the row's position in it."""
        number = bisect_right(self._first_rows, row) - 1
        return self.segments[number], int(row - self._first_rows[number])

    def fragment(self, row: int) -> Fragment:
        """The content of a row; its lines count from 0."""
        segment, position = self.locate(row)
        return segment.fragment(position)

    def vectors(self, rows: I64) -> Stored:
        """int8 [m, dim]: the stored vectors of rows, compared by :func:`.stored.row_cosines`."""
        found: Stored = np.empty(
            (len(rows), self.segments[0].vectors.shape[1] if self.segments else 0), np.int8
        )
        for segment, at, positions in self._by_segment(rows):
            found[at] = np.take(segment.vectors, positions, axis=0)
        return found

    def identity(self, row: int) -> tuple[ContentKey, str]:
        """Key and language of a row, which together name a content."""
        segment, position = self.locate(row)
        arrays = segment.arrays
        return ContentKey(arrays.exact[position].tobytes()), segment.entry.languages[
            arrays.language[position]
        ]

    def identities_at(self, rows: I64) -> list[tuple[ContentKey, str]]:
        """Those of several rows, in their order."""
        found: list[tuple[ContentKey, str]] = [_NOBODY] * len(rows)
        for segment, at, positions in self._by_segment(rows):
            keys, codes = segment.arrays.exact[positions].tobytes(), segment.arrays.language[positions]
            for place, (target, code) in enumerate(zip(at.tolist(), codes.tolist(), strict=True)):
                key = ContentKey(keys[16 * place : 16 * place + 16])
                found[target] = key, segment.entry.languages[code]
        return found

    def _by_segment(self, rows: I64) -> Iterator[tuple[Segment, I64, I64]]:
        """The segments that hold rows, each with where in ``rows`` its own are, and their positions in it."""
        if len(self.segments) == 1:
            yield self.segments[0], np.arange(len(rows)), rows
            return
        owners = np.searchsorted(self.starts, rows, "right") - 1
        for number in sorted(set(owners.tolist())):
            at = np.flatnonzero(owners == number)
            yield self.segments[number], at, rows[at] - self._first_rows[number]

    def identities(self) -> dict[tuple[ContentKey, str], int]:
        """Row of every content, dead ones included: a content that comes back needs no second embedding."""
        rows: dict[tuple[ContentKey, str], int] = {}
        for segment, first in self.parts():
            keys = segment.arrays.exact.tobytes()
            languages = segment.entry.languages
            for position, code in enumerate(segment.arrays.language.tolist()):
                key = ContentKey(keys[16 * position : 16 * position + 16])
                rows[key, languages[code]] = first + position
        return rows


def _ties(segment: Segment) -> U64:
    """uint64 [n]: the keys' prefixes, moved by a constant of the language, which is the other half of an
    identity.
    """
    offsets = [
        int.from_bytes(blake2b(language.encode(), digest_size=8).digest())
        for language in segment.entry.languages
    ]
    return segment.key_prefixes + np.array(offsets, np.uint64)[segment.arrays.language]


@dataclass(frozen=True, slots=True)
class _Address:
    """What another process opens a snapshot by; equal for one and the same.

    Attributes:
        folder: The index.
        state: Number, time and segments of the manifest.
        manifest: All of it.
        trusted: Whether this installation wrote it.
    """

    folder: Path
    state: tuple[int, str, tuple[str, ...]]
    manifest: Manifest = field(compare=False)
    trusted: bool

    @classmethod
    def of(cls, folder: Path, manifest: Manifest, trusted: bool) -> _Address:
        names = tuple(entry.name for entry in manifest.segments)
        return cls(folder.absolute(), (manifest.snapshot, manifest.started, names), manifest, trusted)


@lru_cache(maxsize=1)
def _opened(address: _Address) -> Snapshot:
    """One per process, so that all tasks about it share what it keeps."""
    return Snapshot(address.folder, address.manifest, address.trusted)
