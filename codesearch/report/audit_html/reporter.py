"""The reporter: chooses what fits, hands it to the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from codesearch.core.audit import AuditReport, AuditSources, CloneClass
from codesearch.report.audit_html.classes import class_table, path_labels
from codesearch.report.audit_html.excerpts import Excerpts
from codesearch.report.audit_html.folders import duplication_tiles
from codesearch.report.audit_html.limits import Cuts, Limits
from codesearch.report.audit_html.page import render_page
from codesearch.report.audit_html.treemap import treemap
from codesearch.report.audit_html.trend import trend
from codesearch.report.audit_manipulations import manipulations_headline

MAX_STATIC_MEMBERS = 10
"""Members per class in plain HTML; the others are counted."""


class HtmlReporter:
    """An audit as one HTML file of at most about 20 MB."""

    name = "html"
    suffix = ".html"

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()

    def write(self, report: AuditReport, sources: AuditSources, out: TextIO) -> None:
        """Writes the page; equal input gives equal text, which says that it is UTF-8.

        Raises:
            EnvironmentFailure: The installation lacks the page's files.
        """
        cuts = Cuts()
        label = path_labels(report)
        table = class_table(report.classes, label, self._limits, cuts)
        excerpts = Excerpts(sources, self._limits, cuts).embed(table.listed)
        tiles = duplication_tiles(report.classes, label)
        shown = report.classes[: len(table.listed)]
        cuts.manipulations = max(len(report.manipulations) - self._limits.manipulations, 0)
        chunks = render_page(
            {
                "report": report,
                "summary": report.summary,
                "corpora": sorted(report.roots),
                "new_classes": sum(found.new for found in report.classes),
                "saved_lines": sum(found.saved_lines for found in report.classes),
                "label": label,
                "static_classes": shown[: self._limits.static],
                "static_members": MAX_STATIC_MEMBERS,
                "page_size": self._limits.static,
                "shown": len(shown),
                "types": _types(report, shown),
                "roles": sorted({found.role.value for found in shown}),
                "languages": table.languages,
                "boxes": treemap(tiles),
                "manipulations": report.manipulations[: self._limits.manipulations],
                "manipulations_title": manipulations_headline(report),
                "trend": trend(sources.history()),
                "cuts": list(cuts.sentences()),
                "classes_json": table.json,
                "sources_json": excerpts,
            }
        )
        for chunk in chunks:
            out.write(chunk)


def _types(report: AuditReport, shown: Sequence[CloneClass]) -> list[str]:
    """Clone types asked for or found, in order."""
    return sorted(
        {kind.value for kind in report.summary.by_type} | {found.clone_type.value for found in shown}
    )
