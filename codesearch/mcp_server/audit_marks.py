"""Which classes the last audit reported, and which of them the audit before did not."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from codesearch.core.store.models import Audit, AuditClass


@dataclass(frozen=True, slots=True)
class AuditMarks:
    """Ids of classes; nothing is new in the first audit of its kind."""

    reported: frozenset[str]
    new: frozenset[str]


def audit_marks(connection: Connection) -> AuditMarks:
    """Marks of the last finished audit, against the last comparable one before it."""
    good = select(Audit.id, Audit.corpora, Audit.options).where(Audit.summary.is_not(None))
    last = connection.execute(good.order_by(Audit.id.desc()).limit(1)).one_or_none()
    if last is None:
        return AuditMarks(frozenset(), frozenset())
    same = good.where(Audit.corpora == last.corpora, Audit.options == last.options, Audit.id < last.id)
    before = connection.execute(same.order_by(Audit.id.desc()).limit(1)).scalar()
    reported = _class_ids(connection, last.id)
    new = reported - _class_ids(connection, before) if before is not None else frozenset()
    return AuditMarks(reported, new)


def _class_ids(connection: Connection, audit: int) -> frozenset[str]:
    ids = select(AuditClass.class_id).where(AuditClass.audit_id == audit)
    return frozenset(connection.execute(ids).scalars())
