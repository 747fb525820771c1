"""The state of an index, for programs and for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from codesearch.core.status import CorpusStatus, IndexStatus
from codesearch.report.index_document import count_fields
from codesearch.report.index_text import ledger_lines
from codesearch.report.json_documents import Document
from codesearch.report.lines import Indented, unwrapped
from codesearch.report.printable import printable
from indexer.corpus.names import display_path

if TYPE_CHECKING:
    from codesearch.status import SkippedEntry


def status_document(status: IndexStatus, skipped: Sequence[SkippedEntry] | None = None) -> Document:
    """``codesearch.status/1``: the ledger of all corpora together and of each.

    Args:
        status: What is shown.
        skipped: Goes under ``skipped_files``; None leaves that key out.
    """
    document: Document = {
        "schema": "codesearch.status/1",
        "degraded": [],
        "index": display_path(str(status.index)),
        "format": status.format,
        "snapshot": status.snapshot,
        "indexed_at": status.started,
        **count_fields(status.counts),
        "corpora": [corpus_fields(corpus) for corpus in status.corpora],
        "segments": [
            {
                "name": part.name,
                "rows": part.rows,
                "dead": part.dead,
                "model": part.model,
                "structure": part.structure,
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
    if skipped is not None:
        document["skipped_files"] = [
            {"corpus": entry.corpus, "path": entry.path, "reason": entry.reason} for entry in skipped
        ]
    return document


def corpus_fields(corpus: CorpusStatus) -> Document:
    """One corpus with its ledger."""
    return {
        "name": corpus.name,
        "root": display_path(str(corpus.root)),
        "origin": corpus.origin,
        "include": list(corpus.globs.include),
        "exclude": list(corpus.globs.exclude),
        **count_fields(corpus.counts),
    }


def corpus_place(corpus: CorpusStatus) -> str:
    """Where a corpus is for its user: the archive or URL that it came from, else its folder."""
    return corpus.origin or display_path(str(corpus.root))


def told_globs(corpus: CorpusStatus) -> str:
    """Which of its files the user wants, such as ``only *.py, without gen/**``; empty for all."""
    parts = [("only", corpus.globs.include), ("without", corpus.globs.exclude)]
    return ", ".join(f"{word} {' '.join(map(display_path, globs))}" for word, globs in parts if globs)


def render_status(status: IndexStatus, skipped: Sequence[SkippedEntry] | None = None) -> RenderableType:
    """The same in a few lines, one more per skipped file when these are given."""
    return Group(*_lines(status), *_skipped_lines(skipped or ()))


def _skipped_lines(skipped: Sequence[SkippedEntry]) -> Iterator[Text]:
    if skipped:
        yield Text()
    width = max((len(entry.reason) for entry in skipped), default=0)
    for entry in skipped:
        yield unwrapped(f"{entry.reason:<{width}}  {printable(entry.corpus)}/{printable(entry.path)}")


def _lines(status: IndexStatus) -> Iterator[RenderableType]:
    yield unwrapped("index ", "bold").append(printable(display_path(str(status.index))), "not bold")
    yield Text(f"snapshot {status.snapshot} of {status.started[:19]} UTC, {status.size / 1e6:,.1f} MB")
    for corpus in status.corpora:
        yield Text()
        place = printable(corpus_place(corpus))
        yield unwrapped(printable(corpus.name), "bold").append(f"  {place}", "not bold")
        if globs := told_globs(corpus):
            yield Indented(unwrapped(printable(globs)), 2)
        for line in ledger_lines(corpus.counts):
            yield Indented(line, 2)
    yield Text()
    for part in status.segments:
        recall = "" if part.structure == "flat" else f", {part.structure}, recall@10 {part.recall:.3f}"
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
