"""What an audit works on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from codesearch.audit.classes.finding import Judges, Means
from codesearch.core.feedback import ContentPair
from codesearch.core.store.database import Database
from indexer.parsing.limits import ParseLimits
from indexer.segments.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class AuditContext:
    """What an audit works on.

    Attributes:
        snapshot: The index.
        database: Its store.
        folder: The index folder, for what the next audit can use again.
        corpora: Folder of every audited corpus by name.
        target: What is audited, as the user named it.
        judges: Rate and settle pairs.
        judged_by: Whatever else their answers depend on.
        max_bytes: Longer source files are not read again.
        limits: What is not parsed again.
        rejected: Pairs that the user said are no clones.
        means: What the work is done with.
    """

    snapshot: Snapshot
    database: Database
    folder: Path
    corpora: Mapping[str, Path]
    target: str
    judges: Judges
    judged_by: tuple[str, ...]
    max_bytes: int
    limits: ParseLimits
    rejected: frozenset[ContentPair] = frozenset()
    means: Means = field(default_factory=Means)
