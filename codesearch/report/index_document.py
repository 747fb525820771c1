"""The JSON documents of ``index`` and ``status``: the ledger and what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from codesearch.report.json_documents import Document
from indexer.corpus.names import display_path

if TYPE_CHECKING:
    from codesearch.core.store.counts import SnapshotCounts
    from indexer.build import BuildReport
    from indexer.removal import RemovalReport


def index_document(report: BuildReport, index: Path) -> Document:
    """``codesearch.index/1``; ``files`` adds up: seen = analysed + all skipped."""
    return {
        "schema": "codesearch.index/1",
        "degraded": list(report.degraded),
        **count_fields(report.counts),
        "embedded": report.embedded,
        "reused": report.reused,
        "parsed": report.analysed,
        "changed_settings": list(report.changed_settings),
        "seconds": dict(report.seconds),
        "index": display_path(str(index)),
    }


def removal_document(report: RemovalReport, index: Path) -> Document:
    """``codesearch.removal/1``: which corpora are gone, and what the index holds now."""
    return {
        "schema": "codesearch.removal/1",
        "degraded": [],
        "removed": list(report.removed),
        "snapshot": report.snapshot,
        **count_fields(report.counts),
        "index": display_path(str(index)),
    }


def count_fields(counts: SnapshotCounts) -> Document:
    """The ledger and the sizes of a snapshot."""
    return {
        "files": {"seen": counts.seen, "analysed": counts.analysed, "skipped": dict(counts.skipped)},
        "by_role": dict(counts.by_role),
        "by_language": dict(counts.by_language),
        "by_encoding": dict(counts.by_encoding),
        "damaged": counts.damaged,
        "lines": counts.lines,
        "fragments": counts.fragments,
        "unique_fragments": counts.unique_fragments,
    }
