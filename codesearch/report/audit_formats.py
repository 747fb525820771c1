"""The formats of an audit report by name, each loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import partial
from importlib import import_module
from typing import cast

from codesearch.core.audit import AuditReport, AuditSources
from codesearch.core.errors import UsageError
from codesearch.core.protocols import Reporter
from codesearch.report.report_file import report_file


def _load(module: str, name: str) -> Reporter:
    return cast("Reporter", getattr(import_module(f"codesearch.report.{module}"), name)())


FORMATS: Mapping[str, Callable[[], Reporter]] = {
    "text": partial(_load, "audit_text", "TextReporter"),
    "json": partial(_load, "audit_document", "JsonReporter"),
    "sarif": partial(_load, "audit_sarif", "SarifReporter"),
    "html": partial(_load, "audit_html", "HtmlReporter"),
    "markdown": partial(_load, "audit_markdown", "MarkdownReporter"),
    "csv": partial(_load, "audit_csv", "CsvReporter"),
    "gitlab": partial(_load, "audit_gitlab", "GitlabReporter"),
    "junit": partial(_load, "audit_junit", "JunitReporter"),
}
"""Makes the reporter of a format; the order is that of the help page."""


def reporter(name: str) -> Reporter:
    """The reporter of a format.

    Raises:
        UsageError: There is no such format.
    """
    if name not in FORMATS:
        close = get_close_matches(name, FORMATS, n=1)
        meant = f", did you mean '{close[0]}'?" if close else ""
        raise UsageError(f"no report format {name!r}{meant}", f"use one of {', '.join(FORMATS)}")
    return FORMATS[name]()


def write_report(report: AuditReport, sources: AuditSources, format_name: str, path: str) -> None:
    """Write a report to a file that is complete or untouched; ``-`` is standard output.

    Raises:
        UsageError: There is no such format.
        InputError: The file cannot be written.
        EnvironmentFailure: The disk is full.
    """
    chosen = reporter(format_name)
    with report_file(path) as out:
        chosen.write(report, sources, out)
