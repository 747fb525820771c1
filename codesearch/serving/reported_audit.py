"""The last audit as it was reported: its order, without what was hidden, and with what is new."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, select

from codesearch.audit.churn import recent_commits
from codesearch.audit.classes.order import by_merge_value
from codesearch.audit.run import Audit
from codesearch.core.store.models import Audit as AuditRow
from codesearch.core.store.models import AuditClass
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
    """The same with only the reported classes in its report, the new ones marked; ``standing`` keeps all.

    Raises:
        IndexFailure: There is no index any more.
    """
    with engine.open_database() as database, database.read() as connection:
        marks = _marks(connection)
    classes = (replace(one, new=one.id in marks.new) for one in audit.standing if one.id in marks.reported)
    return replace(audit, report=replace(audit.report, classes=tuple(classes)))


@dataclass(frozen=True, slots=True)
class _Marks:
    """Ids of the classes that were reported, and of those among them that the audit before did not have."""

    reported: frozenset[str]
    new: frozenset[str]


def _marks(connection: Connection) -> _Marks:
    """Marks of the last finished audit, against the last comparable one before it; nothing is new in the
    first one of its kind.
    """
    good = select(AuditRow.id, AuditRow.corpora, AuditRow.options).where(AuditRow.summary.is_not(None))
    last = connection.execute(good.order_by(AuditRow.id.desc()).limit(1)).one_or_none()
    if last is None:
        return _Marks(frozenset(), frozenset())
    comparable = good.where(
        AuditRow.corpora == last.corpora, AuditRow.options == last.options, AuditRow.id < last.id
    )
    before = connection.execute(comparable.order_by(AuditRow.id.desc()).limit(1)).scalar()
    reported = _class_ids(connection, last.id)
    new = frozenset() if before is None else reported - _class_ids(connection, before)
    return _Marks(reported, new)


def _class_ids(connection: Connection, audit: int) -> frozenset[str]:
    ids = select(AuditClass.class_id).where(AuditClass.audit_id == audit)
    return frozenset(connection.execute(ids).scalars())
