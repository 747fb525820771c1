"""How duplication went from audit to audit, for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from codesearch.core.audit import AuditRun
from codesearch.core.results import CloneType
from codesearch.report.audit_history_document import run_status
from codesearch.report.lines import unwrapped
from codesearch.report.moments import shown_time
from codesearch.report.printable import printable

_TARGET = 2  # the one column of words, after number and date


def render_audit_history(runs: Sequence[AuditRun]) -> RenderableType:
    """A line per run in the order given; a run without figures says why."""
    if not runs:
        return Text("no audits yet: run `codesearch audit` first")
    return Group(*_lines(runs))


def _lines(runs: Sequence[AuditRun]) -> Iterator[Text]:
    kinds = [kind for kind in CloneType if any(run.summary and kind in run.summary.by_type for run in runs)]
    head = ["run", "started (UTC)", "target", "duplication", "classes", "new", "fixed", *kinds]
    rows = [_row(run, kinds) for run in runs]
    full = [row for row in rows if len(row) == len(head)]
    widths = [
        max(cell_len(row[column]) for row in [head, *(rows if column <= _TARGET else full)])
        for column in range(len(head))
    ]
    yield unwrapped(_aligned(head, widths), "bold")
    for row in rows:
        yield unwrapped(_aligned(row, widths))


def _row(run: AuditRun, kinds: Sequence[CloneType]) -> list[str]:
    """The cells of a run: as many as there are columns, or in place of the figures one that says why."""
    row = [str(run.id), shown_time(run.started_at)[: len("2026-01-31 23:59")], printable(run.target)]
    if run.summary is None:
        return [*row, run_status(run) + (f": {printable(run.failure)}" if run.failure else "")]
    return [
        *row,
        f"{run.summary.duplication_percent:.2f} %",
        *(f"{count:,}" for count in (run.summary.classes, run.new, run.fixed)),
        *(f"{run.summary.by_type[kind]:,}" if kind in run.summary.by_type else "-" for kind in kinds),
    ]


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = []
    for column, (text, width) in enumerate(zip(row, widths, strict=False)):
        padding = " " * (width - cell_len(text))
        words = column == _TARGET or (len(row) < len(widths) and column > _TARGET)
        cells.append(text + padding if words else padding + text)
    return "  ".join(cells).rstrip()
