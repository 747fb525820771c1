"""The last audit as it was reported: its order, without what was hidden, and with what is new."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from codesearch.audit.churn import recent_commits
from codesearch.audit.classes.order import by_merge_value
from codesearch.audit.run import Audit
from codesearch.core.audit import CloneClass
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


def visible_part(audit: Audit, corpora: frozenset[str]) -> Audit:
    """The same for somebody who sees these corpora only: a class with a member elsewhere is left out whole.

    The summary, the gate and the history stay those of the whole audit and are nothing to show.
    """

    def seen(found: CloneClass) -> bool:
        return all(member.place.corpus in corpora for member in found.members)

    report = audit.report
    part = replace(
        report,
        classes=tuple(filter(seen, report.classes)),
        fixed=None,
        degraded=tuple(note for note in report.degraded if "/" not in note),  # some name folders
        roots={name: root for name, root in report.roots.items() if name in corpora},
        manipulations=tuple(one for one in report.manipulations if one.place.corpus in corpora),
    )
    return replace(audit, report=part, standing=tuple(filter(seen, audit.standing)))
