"""The state of an index, for programs and for people."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from codesearch.core.status import IndexStatus
from codesearch.report.index_document import count_fields
from codesearch.report.index_text import ledger_lines
from codesearch.report.json_documents import Document
from codesearch.report.printable import printable


def status_document(status: IndexStatus) -> Document:
    """``codesearch.status/1``: the ledger of all corpora together and of each."""
    return {
        "schema": "codesearch.status/1",
        "degraded": [],
        "index": str(status.index),
        "format": status.format,
        "snapshot": status.snapshot,
        "indexed_at": status.started,
        **count_fields(status.counts),
        "corpora": [
            {"name": corpus.name, "root": str(corpus.root), **count_fields(corpus.counts)}
            for corpus in status.corpora
        ],
        "segments": [
            {
                "name": part.name,
                "rows": part.rows,
                "dead": part.dead,
                "model": part.model,
                "recall": part.recall,
            }
            for part in status.segments
        ],
        "bytes": status.size,
        "differs": [
            {"key": difference.key, "built_with": difference.built_with, "now": difference.now}
            for difference in status.differences
        ],
    }


def render_status(status: IndexStatus) -> RenderableType:
    """The same in a few lines."""
    return Group(*_lines(status))


def _lines(status: IndexStatus) -> Iterator[Text]:
    yield Text.assemble(("index ", "bold"), printable(str(status.index)))
    yield Text(f"snapshot {status.snapshot} of {status.started[:19]} UTC, {status.size / 1e6:,.1f} MB")
    for corpus in status.corpora:
        yield Text()
        yield Text.assemble((printable(corpus.name), "bold"), f"  {printable(str(corpus.root))}")
        for line in ledger_lines(corpus.counts):
            line.pad_left(2)
            yield line
    yield Text()
    for part in status.segments:
        recall = "" if part.recall == 1.0 else f", recall@10 {part.recall:.3f}"
        dead = f", {part.dead:,} of them deleted" if part.dead else ""
        yield Text(
            f"segment {part.name}: {part.rows:,} contents{dead}, vectors by {part.model or 'nobody'}{recall}"
        )
    for difference in status.differences:
        yield Text(
            f"{difference.key} is {difference.now} now, the index was built with {difference.built_with}: "
            "run 'codesearch index' again",
            "yellow",
        )
