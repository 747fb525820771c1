"""How duplication went from audit to audit, for a person."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from codesearch.core.audit import AuditRun
from codesearch.core.results import CloneType
from codesearch.report.audit_history_document import run_status
from codesearch.report.lines import Indented
from codesearch.report.moments import shown_time
from codesearch.report.printable import printable

_FIGURES = ("duplication", "classes", "new", "fixed")


def render_audit_history(runs: Sequence[AuditRun]) -> RenderableType:
    """A line per run in the order given; a run without figures says why."""
    if not runs:
        return Text("no audits yet: run `codesearch audit` first")
    kinds = [kind for kind in CloneType if any(run.summary and kind in run.summary.by_type for run in runs)]
    table = Table(box=None, pad_edge=False)
    for name in ("run", "started", "target"):
        table.add_column(name, no_wrap=True, justify="right" if name == "run" else "left")
    for name in (*_FIGURES, *kinds):
        table.add_column(name, no_wrap=True, justify="right")
    table.add_column("", overflow="fold")
    for run in runs:
        table.add_row(str(run.id), shown_time(run.started_at), printable(run.target), *_figures(run, kinds))
    return Indented(table, 0)


def _figures(run: AuditRun, kinds: Sequence[CloneType]) -> list[str]:
    summary = run.summary
    if summary is None:
        blanks = [""] * (len(_FIGURES) + len(kinds))
        return [*blanks, f"{run_status(run)}{': ' + printable(run.failure) if run.failure else ''}"]
    return [
        f"{summary.duplication_percent:.2f} %",
        f"{summary.classes:,}",
        f"{run.new:,}",
        f"{run.fixed:,}",
        *(f"{summary.by_type[kind]:,}" if kind in summary.by_type else "" for kind in kinds),
    ]
