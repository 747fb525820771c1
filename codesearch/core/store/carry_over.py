"""What a rebuilt index takes over from the old one: all that cannot be computed from its corpora again."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from codesearch.core.store.models import AccessToken, Audit, AuditClass, Job, JudgedPair, ScheduledAudit


def carry_over(old: Connection, new: Connection) -> None:
    """Copy audits, schedules and jobs with their numbers, what models answered, and tokens, into a store
    without any.
    """
    for table in (Audit, AuditClass, ScheduledAudit, Job, JudgedPair, AccessToken):
        rows = [dict(row) for row in old.execute(select(*table.__table__.columns)).mappings()]
        if rows:
            new.execute(insert(table), rows)
