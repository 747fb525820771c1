"""What an index run did, for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from codesearch.report.lines import Indented, unwrapped
from codesearch.report.printable import printable
from indexer.corpus.names import display_path

if TYPE_CHECKING:
    from codesearch.core.store.counts import SnapshotCounts
    from indexer.build import BuildReport
    from indexer.removal import RemovalReport


def render_index(report: BuildReport, index: Path) -> RenderableType:
    """Ledger, sizes, and what was new, in a few lines."""
    return Group(*_index_lines(report, index))


def render_removal(report: RemovalReport) -> RenderableType:
    """What is gone and what is left."""
    gone = Text.assemble("removed ", (", ".join(map(printable, report.removed)), "bold"), "; the index holds")
    return Group(gone, *(Indented(line, 2) for line in ledger_lines(report.counts)))


def _index_lines(report: BuildReport, index: Path) -> Iterator[RenderableType]:
    yield from ledger_lines(report.counts)
    if report.changed_settings:
        yield Text(
            f"settings changed, so every file was read again: {', '.join(report.changed_settings)}", "yellow"
        )
    for note in report.degraded:
        yield Text(f"degraded: {printable(note)}", "yellow")
    seconds = report.seconds
    work = (
        f"{report.analysed:,} files parsed, {report.embedded:,} fragments embedded, {report.reused:,} reused "
        f"in {seconds['total']:.1f} s (read {seconds['read']:.1f}, parse {seconds['parse']:.1f}, "
        f"embed {seconds['embed']:.1f})"
    )
    yield Indented(Text(work), 0)
    yield unwrapped("index: ", "bold").append(printable(display_path(str(index))), "not bold")


def ledger_lines(counts: SnapshotCounts) -> Iterator[RenderableType]:
    """The ledger: every file seen is analysed or skipped for a reason."""
    skipped = sum(counts.skipped.values())
    yield Text.assemble(
        (f"{counts.seen:,} file{'' if counts.seen == 1 else 's'}", "bold"),
        f" seen: {counts.analysed:,} analysed, {skipped:,} skipped",
    )
    if skipped:
        yield Indented(Text(f"skipped: {_counted(counts.skipped)}"), 2)
    if counts.analysed:
        yield Indented(Text(f"roles: {_counted(counts.by_role)}"), 2)
        yield Indented(Text(f"languages: {_counted(counts.by_language)}"), 2)
    if counts.by_encoding.keys() - {"utf-8"}:
        yield Indented(Text(f"encodings: {_counted(counts.by_encoding)}"), 2)
    if counts.damaged:
        yield Indented(
            Text(f"with syntax errors: {counts.damaged:,}; their healthy fragments are in the index"), 2
        )
    yield Text(
        f"{counts.lines:,} lines, {counts.fragments:,} fragments, {counts.unique_fragments:,} distinct"
    )


def _counted(counts: Mapping[str, int]) -> str:
    """Largest first, such as ``python 1,200, c 31``."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{printable(name)} {count:,}" for name, count in ordered)
