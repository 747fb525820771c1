"""The JSON document of ``audit history``: the contract with programs."""

from __future__ import annotations

from collections.abc import Sequence

from codesearch.core.audit import AuditRun
from codesearch.report.audit_document import summary_fields
from codesearch.report.json_documents import Document
from codesearch.report.moments import iso_time


def audit_history_document(runs: Sequence[AuditRun]) -> Document:
    """``codesearch.audit-history/1``: runs in the order given, those that failed among them."""
    return {
        "schema": "codesearch.audit-history/1",
        "degraded": [],
        "runs": [audit_run_fields(run) for run in runs],
    }


def audit_run_fields(run: AuditRun) -> Document:
    """One run; ``summary`` is None unless it finished."""
    return {
        "id": run.id,
        "target": run.target,
        "started_at": iso_time(run.started_at),
        "finished_at": None if run.finished_at is None else iso_time(run.finished_at),
        "status": run_status(run),
        "failure": run.failure,
        "new": run.new,
        "fixed": run.fixed,
        "summary": None if run.summary is None else summary_fields(run.summary),
    }


def run_status(run: AuditRun) -> str:
    """``finished``, ``failed`` or ``running``."""
    if run.failure is not None:
        return "failed"
    return "running" if run.summary is None else "finished"
