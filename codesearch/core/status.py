"""The state of an index as values, for reports and servers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from codesearch.core.store.counts import SnapshotCounts
from codesearch.core.store.globs import NO_GLOBS, Globs


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting that differs from the one an index was built with."""

    key: str
    built_with: str | int | float | bool
    now: str | int | float | bool


@dataclass(frozen=True, slots=True)
class CorpusStatus:
    """One indexed corpus and its ledger.

    Attributes:
        name: Unique in the index.
        root: Its folder.
        counts: Its ledger.
        origin: Archive or git URL that the folder was made of; None for a folder of the user's own.
        globs: Those that the user named last for it, to which later runs keep.
    """

    name: str
    root: Path
    counts: SnapshotCounts
    origin: str | None = None
    globs: Globs = NO_GLOBS


@dataclass(frozen=True, slots=True)
class SegmentStatus:
    """One segment.

    Attributes:
        name: Of its folder.
        rows: Contents.
        dead: Those of them that no file holds any more.
        model: Of its vectors; empty without any.
        structure: What searches them: ``flat``, ``ivf`` or ``ivf-pq``.
        recall: Share of the 10 nearest that the structure finds, as measured when it was built.
    """

    name: str
    rows: int
    dead: int
    model: str
    structure: str
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
