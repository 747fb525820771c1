"""Textual evidence of earlier audits on disk, by content: the next audit compares only what changed.

One file of fixed-size records, replaced as a whole. It can be made again at any time, so a damaged or foreign
one is ignored.
"""

from __future__ import annotations

import logging
import os
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codesearch.core.types import F64, I64, U8, Mask
from indexer.segments.snapshot import Snapshot

log = logging.getLogger(__name__)

_MAGIC = b"codesearch evidence\n"
_CHECKSUM = 16  # bytes
_RECORD = np.dtype([("key", "<u8", (2,)), ("evidence", "<f8", (3,))])
_MOST = 1 << 23  # records, 335 MB
_MOST_LOST = 1 << 20  # records, half a minute's work

NEAR_MISS = 2
"""Column of evidence that no text is aligned for; the first two are the similarity and the agreement."""


class EvidenceCache:
    """Evidence by pair of rows of a snapshot: the fields of :class:`reranker.textual.TextualEvidence`.

    Args:
        path: The file; None keeps nothing.
        snapshot: What rows mean.
        revision: Of the code that makes the evidence; that of another one is not used.
    """

    def __init__(self, path: Path | None, snapshot: Snapshot, revision: str = "") -> None:
        self._path = path
        self._snapshot = snapshot
        self._head = _MAGIC + revision.encode() + b"\n"
        self._stored = _read(path, self._head) if path else np.empty(0, _RECORD)
        self._used = np.zeros(len(self._stored), bool)
        self._added: list[tuple[I64, I64, F64]] = []
        self._unsaved = 0

    def find(self, left: I64, right: I64) -> tuple[F64, Mask]:
        """What is known about pairs of rows.

        Returns:
            float64 [p, 3], as above; bool [p], whether the pair is known.
        """
        if not len(self._stored):
            return np.zeros((len(left), 3)), np.zeros(len(left), bool)
        keys = self._keys(left, right)
        places = np.minimum(np.searchsorted(self._stored["key"][:, 0], keys[:, 0]), len(self._stored) - 1)
        known: Mask = (self._stored["key"][places] == keys).all(axis=1)
        self._used[places[known]] = True
        return self._stored["evidence"][places], known

    def add(self, left: I64, right: I64, evidence: F64) -> None:
        """Remember the evidence of pairs of rows (float64 [p, 3]) for the next run."""
        if len(left):
            self._added.append((left, right, evidence))
        self._unsaved += len(left)
        if self._unsaved >= _MOST_LOST:  # so that a run which dies has not compared in vain
            self.save()

    def save(self) -> None:
        """Write what this run used and added; a disk that takes none costs time only, in the next run."""
        if self._path is None or (not self._added and self._used.all()):
            return
        records = np.concatenate((self._stored[self._used], self._fresh()))[:_MOST]
        records = records[np.lexsort((records["key"][:, 1], records["key"][:, 0]))]
        body = records.tobytes()
        try:
            self._path.parent.mkdir(exist_ok=True)
            partial = self._path.with_suffix(".partial")
            partial.write_bytes(self._head + _checksum(body) + body)
            os.replace(partial, self._path)  # noqa: PTH105 - says what it does
        except OSError as problem:
            log.warning("cannot keep what was compared in %s: %s", self._path, problem.strerror)
        self._unsaved = 0

    def _fresh(self) -> NDArray[np.void]:
        """What this run added, as records."""
        if not self._added:
            return np.empty(0, _RECORD)
        left, right, evidence = map(np.concatenate, zip(*self._added, strict=True))
        fresh = np.empty(len(left), _RECORD)
        fresh["key"], fresh["evidence"] = self._keys(left, right), evidence
        return fresh

    def _keys(self, left: I64, right: I64) -> np.ndarray[tuple[int, int], np.dtype[np.uint64]]:
        """uint64 [p, 2]: 128 bits that name a pair of contents in either order."""
        ours, theirs = self._content(left), self._content(right)
        mixed = np.minimum(ours, theirs) * np.uint64(0x9E3779B97F4A7C15) ^ np.maximum(ours, theirs)
        mixed ^= mixed >> np.uint64(29)
        return mixed * np.uint64(0xBF58476D1CE4E5B9)

    def _content(self, rows: I64) -> np.ndarray[tuple[int, int], np.dtype[np.uint64]]:
        """uint64 [n, 2]: key and language of each row, mixed."""
        keys: U8 = np.ascontiguousarray(self._snapshot.exact_keys[rows])
        salts = np.array([_salt(language) for language in self._snapshot.languages], np.uint64)
        return keys.view("<u8") + salts[self._snapshot.language_codes[rows]][:, None]


def _salt(language: str) -> int:
    return int.from_bytes(blake2b(language.encode(), digest_size=8).digest())


def _checksum(body: bytes) -> bytes:
    return blake2b(body, digest_size=_CHECKSUM).digest()


def _read(path: Path, head: bytes) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    """The stored records by key; none when the file is missing, damaged or of another version."""
    nothing = np.empty(0, _RECORD)
    try:
        raw = path.read_bytes()
    except OSError:
        return nothing
    begin = len(head) + _CHECKSUM
    body = raw[begin:]
    if not raw.startswith(head) or _checksum(body) != raw[len(head) : begin] or len(body) % _RECORD.itemsize:
        log.info("%s is damaged or of another version; everything is compared again", path)
        return nothing
    return np.frombuffer(body, _RECORD)
