"""The last audit as it was reported: its order, without what was hidden, and with what is new."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from codesearch.audit.churn import recent_commits
from codesearch.audit.classes.order import by_merge_value
from codesearch.audit.run import Audit
from codesearch.core.store.audits import last_audit
from codesearch.engine import Engine


def ordered_audit(engine: Engine) -> Audit:
    """All that the last audit found, hidden classes too, most worth merging first.

    Raises:
        IndexFailure: There is no index.
        InputError: Nothing was audited.
    """
    audit = engine.last_audit()
    commits = {
        (corpus, path): count
        for corpus, root in audit.report.roots.items()
        for path, count in recent_commits(Path(root)).items()
    }
    classes = tuple(by_merge_value(audit.report.classes, commits))
    return replace(audit, report=replace(audit.report, classes=classes), standing=classes)


def reported_audit(engine: Engine, audit: Audit) -> Audit:
    """The same with the reported classes and their figures alone in its report, new ones marked, with the
    gate as it was, and with the comparable runs as its history; ``standing`` keeps all.

    Raises:
        IndexFailure: There is no index any more.
    """
    with engine.open_database() as database, database.read() as connection:
        last = last_audit(connection)
    if last is None:
        return replace(audit, report=replace(audit.report, classes=()))
    audit.sources.remember(last.runs)
    classes = tuple(
        replace(one, new=True) if one.id in last.new else one
        for one in audit.standing
        if one.id in last.reported
    )
    said = last.run.conclusion or audit.report.conclusion
    report = replace(
        audit.report,
        summary=last.run.summary or audit.report.summary,
        classes=classes,
        gate=said.gate,
        hidden=said.hidden,
        degraded=said.degraded,
    )
    return replace(audit, report=report)
