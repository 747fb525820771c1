"""The last finished audit of a store, and what is new in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from codesearch.core.audit import Action, AuditSummary, CloneClass, Member, Variation
from codesearch.core.results import CloneType, Place
from codesearch.core.store.audits import (
    AuditOutcome,
    AuditTarget,
    begin_audit,
    fail_audit,
    finish_audit,
    last_audit,
)
from codesearch.core.store.database import Database
from codesearch.core.types import FragmentKind, Role

APP = AuditTarget("app", ("app",), {"types": ["T1"]})
OTHER = AuditTarget("app", ("app",), {"types": ["T1", "T2"]})


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.write() as connection:
        yield connection


def audited(connection: Connection, target: AuditTarget, *ids: str, snapshot: int = 1) -> int:
    summary = AuditSummary(1, 10, 2, len(ids), len(ids), 4, {}, {})
    number = begin_audit(connection, target)
    classes = [clone_class(class_id) for class_id in ids]
    finish_audit(connection, number, AuditOutcome(summary, classes, snapshot, 0, 0))
    return number


def clone_class(class_id: str) -> CloneClass:
    member = Member(
        Place("app", "a.py", 1, 2), "f", FragmentKind.FUNCTION, "python", Role.SOURCE, f"{7:032x}"
    )
    return CloneClass(
        id=class_id,
        clone_type=CloneType.T1,
        probability=1.0,
        decided_by="fingerprint",
        similarity=1.0,
        role=Role.SOURCE,
        saved_lines=2,
        members=(member, member),
        variation=Variation(),
        action=Action.MOVE,
        target=".",
        explanation="",
    )


def test_store_without_a_finished_audit_has_none(connection: Connection) -> None:
    assert last_audit(connection) is None
    fail_audit(connection, begin_audit(connection, APP), "the disk is full")
    assert last_audit(connection) is None


def test_nothing_is_new_in_the_first_audit_of_its_kind(connection: Connection) -> None:
    audited(connection, APP, "one")
    audited(connection, OTHER, "one", "two")
    last = last_audit(connection)
    assert last is not None
    assert last.reported == {"one", "two"}
    assert not last.new
    assert len(last.runs) == 1


def test_classes_that_the_comparable_audit_before_did_not_have_are_new(connection: Connection) -> None:
    audited(connection, APP, "one", "two")
    audited(connection, OTHER, "three")
    number = audited(connection, APP, "two", "three", snapshot=5)
    fail_audit(connection, begin_audit(connection, APP), "stopped")
    last = last_audit(connection)
    assert last is not None
    assert last.run.id == number
    assert last.snapshot == 5
    assert last.new == {"three"}
    assert [run.id for run in last.runs] == [1, number]
