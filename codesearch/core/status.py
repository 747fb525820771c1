"""The state of an index as values, for reports and servers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from codesearch.core.store.counts import SnapshotCounts


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting that differs from the one an index was built with."""

    key: str
    built_with: str | int | float | bool
    now: str | int | float | bool


@dataclass(frozen=True, slots=True)
class CorpusStatus:
    """One indexed corpus and its ledger."""

    name: str
    root: Path
    counts: SnapshotCounts


@dataclass(frozen=True, slots=True)
class SegmentStatus:
    """One segment: its rows, how many of them no file holds any more, its model and measured recall@10."""

    name: str
    rows: int
    dead: int
    model: str
    recall: float


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """An index.

    Attributes:
        index: Its folder.
        format: Version of the on-disk layout.
        snapshot: Number of the current snapshot.
        started: ISO 8601 time in UTC when the run that made it began.
        counts: The ledger of all corpora together.
        corpora: By name.
        segments: In row order.
        size: Bytes on disk.
        differences: Settings that are not those it was built with.
    """

    index: Path
    format: int
    snapshot: int
    started: str
    counts: SnapshotCounts
    corpora: tuple[CorpusStatus, ...]
    segments: tuple[SegmentStatus, ...]
    size: int
    differences: tuple[Difference, ...]
