"""Definitions by name: what a snapshot has under a name, and what one of its files defines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from sqlalchemy import select

from codesearch.core.store.models import File, Fragment
from codesearch.core.store.occurrences import Occurrence, occurrences_in
from codesearch.core.store.snapshot import Snapshot
from codesearch.core.types import I64, U8, ContentKey, FragmentKind

CALLABLE = (FragmentKind.FUNCTION, FragmentKind.METHOD, FragmentKind.CONSTRUCTOR, FragmentKind.CLASS)
_ROWS = 50_000  # read from the database at a time


@dataclass(frozen=True, slots=True)
class DefinitionNames:
    """The contents of a snapshot that define something callable, by language and name.

    Names have no index in the database: they are read once, which takes 2 s per million fragments and keeps
    24 bytes of each, and is only done where a judge is asked.

    Attributes:
        hashes: int64 [n], ascending; of language and name, and of this process alone.
        keys: uint8 [n, 16], the content keys.
    """

    hashes: I64
    keys: U8

    @classmethod
    def read(cls, snapshot: Snapshot) -> Self:
        """Read the names of everything callable that occurs in a snapshot."""
        live = select(File.blob_id).where(snapshot.sees)
        query = select(Fragment.language, Fragment.name, Fragment.key).where(
            Fragment.kind.in_([str(kind) for kind in CALLABLE]),
            Fragment.name != "",
            Fragment.blob_id.in_(live),
        )
        hashes: list[I64] = []
        packed: list[bytes] = []
        for rows in snapshot.connection.execute(query).partitions(_ROWS):
            hashes.append(np.array([_name_hash(language, name) for language, name, _ in rows], np.int64))
            packed.extend(key for _, _, key in rows)
        names = np.concatenate(hashes) if hashes else np.empty(0, np.int64)
        keys = np.frombuffer(b"".join(packed), np.uint8).reshape(-1, 16)
        prefixes = np.ascontiguousarray(keys).view("<u8")[:, 0]
        order = np.lexsort((prefixes, names))
        names, keys, prefixes = names[order], keys[order], prefixes[order]
        fresh = np.ones(len(names), np.bool_)
        fresh[1:] = (names[1:] != names[:-1]) | (prefixes[1:] != prefixes[:-1])
        return cls(names[fresh], keys[fresh])

    def count(self, language: str, name: str) -> int:
        """How many different contents define the name."""
        first, last = self._range(language, name)
        return last - first

    def keys_of(self, language: str, name: str) -> list[ContentKey]:
        """Content keys of what defines the name; in rare cases one of another name is among them."""
        first, last = self._range(language, name)
        return [ContentKey(row.tobytes()) for row in self.keys[first:last]]

    def _range(self, language: str, name: str) -> tuple[int, int]:
        wanted = _name_hash(language, name)
        first, last = (int(np.searchsorted(self.hashes, wanted, side)) for side in ("left", "right"))
        return first, last


def definitions_in(snapshot: Snapshot, corpus: str, path: str) -> tuple[Occurrence, ...]:
    """What a file defines that is callable, outer before inner by line; empty when there is no such file."""
    return tuple(found for found in occurrences_in(snapshot, corpus, path) if found.kind in CALLABLE)


def _name_hash(language: str, name: str) -> int:
    return hash((language, name))
