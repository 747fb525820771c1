"""Audit runs: beginning and ending one, the trend of all of them, the classes of the last one.

Audits of one index never overlap (:mod:`codesearch.audit.lock`), which is how a run that died is told from
one that is still at work.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, select, update

from codesearch.core.audit import AuditRun, AuditSummary, CloneClass, Conclusion
from codesearch.core.store.audit_figures import figures_text, read_conclusion, read_summary
from codesearch.core.store.bulk import insert_rows
from codesearch.core.store.models import Audit, AuditClass

DIED = "did not finish"
"""Failure of a run whose process went away."""

_KEPT = 2  # comparable runs whose classes stay: the last one and the one it was compared with
_KEY_BYTES = 16


@dataclass(frozen=True, slots=True)
class AuditTarget:
    """What an audit looks at; runs of equal corpora and options are comparable.

    Attributes:
        text: As the user named it, for people.
        corpora: Names of the audited corpora, in any order.
        options: Those that decide what is found, as values that JSON can hold.
    """

    text: str
    corpora: tuple[str, ...]
    options: Mapping[str, object]

    @property
    def comparable(self) -> ColumnElement[bool]:
        """The condition on rows of runs that this one is comparable with."""
        return and_(Audit.corpora == _text(sorted(self.corpora)), Audit.options == _text(self.options))


@dataclass(frozen=True, slots=True)
class LastAudit:
    """The last finished audit, beside those that are comparable with it.

    Attributes:
        runs: Comparable runs, oldest first; the last one is this.
        reported: Ids of the classes that it reported.
        new: Those of them that the run before did not have; nothing is new in the first one of its kind.
        snapshot: Number of the snapshot it looked at.
    """

    runs: tuple[AuditRun, ...]
    reported: frozenset[str]
    new: frozenset[str]
    snapshot: int

    @property
    def run(self) -> AuditRun:
        """The audit itself."""
        return self.runs[-1]


@dataclass(frozen=True, slots=True)
class AuditOutcome:
    """What a finished audit leaves.

    Attributes:
        summary: Its counts.
        classes: What it reported; kept until two comparable audits have finished after it.
        snapshot: Number of the snapshot it looked at.
        new: Number of new classes.
        fixed: Number of classes gone since the run before.
        conclusion: What else it said.
    """

    summary: AuditSummary
    classes: Iterable[CloneClass]
    snapshot: int
    new: int
    fixed: int
    conclusion: Conclusion | None = None


def begin_audit(connection: Connection, target: AuditTarget) -> int:
    """Register an audit that this process runs; returns its number."""
    row = {
        "target": target.text,
        "corpora": _text(sorted(target.corpora)),
        "options": _text(target.options),
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "started_at": time.time(),
        "new": 0,
        "fixed": 0,
    }
    return connection.execute(insert(Audit).values(row).returning(Audit.id)).scalar_one()


def finish_audit(connection: Connection, audit: int, outcome: AuditOutcome) -> None:
    """Mark an audit as complete with its figures and classes; older classes of its target are dropped."""
    values = {
        "finished_at": time.time(),
        "snapshot": outcome.snapshot,
        "summary": figures_text(outcome.summary, outcome.conclusion),
        "new": outcome.new,
        "fixed": outcome.fixed,
    }
    connection.execute(update(Audit).where(Audit.id == audit).values(values))
    insert_rows(connection, AuditClass, [_class_fields(audit, found) for found in outcome.classes])
    _drop_old_classes(connection, audit)


def fail_audit(connection: Connection, audit: int, failure: str) -> None:
    """Mark an audit as ended without a result; what earlier ones left stays."""
    connection.execute(
        update(Audit).where(Audit.id == audit).values(finished_at=time.time(), failure=failure)
    )


def read_audits(connection: Connection, target: str | None = None) -> tuple[AuditRun, ...]:
    """Runs, oldest first: all, or those of a target, named as when it was audited or by one of its corpora.

    A run whose process is gone has failed with :data:`DIED`; its ``finished_at`` stays None.
    """
    rows = connection.execute(select(*Audit.__table__.columns).order_by(Audit.id)).all()
    last = rows[-1].id if rows else 0
    return tuple(
        _audit_run(row, latest=row.id == last)
        for row in rows
        if target in {None, row.target} or target in json.loads(row.corpora)
    )


def comparable_audits(connection: Connection, target: AuditTarget) -> tuple[AuditRun, ...]:
    """Finished audits of equal corpora and options, oldest first."""
    good = select(*Audit.__table__.columns).where(target.comparable, Audit.summary.is_not(None))
    rows = connection.execute(good.order_by(Audit.id))
    return tuple(_audit_run(row, latest=False) for row in rows)


def first_audits(connection: Connection) -> frozenset[int]:
    """Numbers of the finished audits that no comparable one came before: nothing in them is new."""
    first = select(func.min(Audit.id)).where(Audit.summary.is_not(None))
    return frozenset(connection.scalars(first.group_by(Audit.corpora, Audit.options)))


def audit_of_process(connection: Connection, pid: int, since: float) -> AuditRun | None:
    """The last audit that a process of this machine began at ``since`` or later; None when it began none."""
    own = and_(Audit.host == socket.gethostname(), Audit.pid == pid, Audit.started_at >= since)
    row = connection.execute(
        select(*Audit.__table__.columns).where(own).order_by(Audit.id.desc()).limit(1)
    ).one_or_none()
    return None if row is None else _audit_run(row, latest=True)


def last_classes(connection: Connection, target: AuditTarget) -> Mapping[str, Counter[str]] | None:
    """The classes of the last finished audit of equal corpora and options; None when there was none.

    Returns:
        For every class id the multiset of its members' contents (32 hexadecimal digits each).
    """
    good = select(Audit.id).where(target.comparable, Audit.summary.is_not(None))
    audit = connection.execute(good.order_by(Audit.id.desc()).limit(1)).scalar()
    if audit is None:
        return None
    rows = connection.execute(
        select(AuditClass.class_id, AuditClass.contents).where(AuditClass.audit_id == audit)
    )
    return {row.class_id: _multiset(row.contents) for row in rows}


def last_audit(connection: Connection) -> LastAudit | None:
    """The last finished audit of whatever target; None when there is none."""
    good = select(*Audit.__table__.columns).where(Audit.summary.is_not(None))
    last = connection.execute(good.order_by(Audit.id.desc()).limit(1)).one_or_none()
    if last is None:
        return None
    same = good.where(Audit.corpora == last.corpora, Audit.options == last.options, Audit.id <= last.id)
    runs = tuple(_audit_run(row, latest=False) for row in connection.execute(same.order_by(Audit.id)))
    reported = _class_ids(connection, last.id)
    known = _class_ids(connection, runs[-2].id) if len(runs) > 1 else reported
    return LastAudit(runs, reported, reported - known, last.snapshot)


def _class_ids(connection: Connection, audit: int) -> frozenset[str]:
    ids = select(AuditClass.class_id).where(AuditClass.audit_id == audit)
    return frozenset(connection.execute(ids).scalars())


def _drop_old_classes(connection: Connection, audit: int) -> None:
    """Drop the classes of all but the newest runs that are comparable with ``audit``."""
    own = select(Audit.corpora, Audit.options).where(Audit.id == audit).subquery()
    same = and_(Audit.corpora == own.c.corpora, Audit.options == own.c.options, Audit.summary.is_not(None))
    kept = select(Audit.id).where(same).order_by(Audit.id.desc()).limit(_KEPT).subquery()
    old = select(Audit.id).where(same, Audit.id < select(func.min(kept.c.id)).scalar_subquery())
    connection.execute(delete(AuditClass).where(AuditClass.audit_id.in_(old)))


def _audit_run(row: Row[tuple[object, ...]], *, latest: bool) -> AuditRun:
    running = row.finished_at is None and latest and _may_be_alive(row.host, row.pid)
    died = row.finished_at is None and not running
    return AuditRun(
        id=row.id,
        target=row.target,
        started_at=row.started_at,
        finished_at=row.finished_at,
        failure=DIED if died else row.failure,
        summary=None if row.summary is None else read_summary(row.summary),
        new=row.new,
        fixed=row.fixed,
        conclusion=None if row.summary is None else read_conclusion(row.summary),
    )


def _may_be_alive(host: str, pid: int) -> bool:
    """False when the process is certainly gone; of other machines nothing is known."""
    if host != socket.gethostname():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's, so there is one
    return True


def _class_fields(audit: int, found: CloneClass) -> dict[str, object]:
    contents = b"".join(sorted(bytes.fromhex(member.content) for member in found.members))
    return {"audit_id": audit, "class_id": found.id, "contents": contents}


def _multiset(contents: bytes) -> Counter[str]:
    starts = range(0, len(contents), _KEY_BYTES)
    return Counter(contents[start : start + _KEY_BYTES].hex() for start in starts)


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)
