from __future__ import annotations

from pathlib import Path

import pytest
from commandline import call
from sqlalchemy import update

from codesearch.core.audit import AuditSummary, RoleSummary
from codesearch.core.results import CloneType
from codesearch.core.store.audits import (
    AuditOutcome,
    AuditTarget,
    begin_audit,
    fail_audit,
    finish_audit,
)
from codesearch.core.store.database import Database
from codesearch.core.store.engines import sqlite_url
from codesearch.core.store.models import Audit
from codesearch.core.types import Role

SUMMARY = AuditSummary(
    files=4,
    lines=200,
    fragments=12,
    classes=1203,
    pairs=5,
    duplicated_lines=25,
    by_type={CloneType.T1: 1200, CloneType.T2: 0, CloneType.T3: 3},
    by_role={Role.SOURCE: RoleSummary(4, 200, 1203, 25)},
)
APP = AuditTarget("src/app", ("app",), {})


@pytest.fixture
def audited(user: Path) -> Path:
    """A user with three audits: one of ``lib`` that failed, two of ``app`` of which the last still runs."""
    (user / ".codesearch").mkdir()
    with (
        Database.create(sqlite_url(user / ".codesearch/index.db")) as database,
        database.write() as connection,
    ):
        failed = begin_audit(connection, AuditTarget("lib\x1b[2J", ("lib",), {}))
        fail_audit(connection, failed, "no space \x1b[2J left")
        finish_audit(connection, begin_audit(connection, APP), AuditOutcome(SUMMARY, (), 1, 2, 1))
        begin_audit(connection, APP)
        connection.execute(update(Audit).values(started_at=0.0))
        connection.execute(update(Audit).where(Audit.finished_at.is_not(None)).values(finished_at=61.0))
    return user


def test_document_has_every_run_oldest_first(audited: Path) -> None:
    document = call("audit", "history", "--json").document
    assert (document["schema"], document["degraded"]) == ("codesearch.audit-history/1", [])
    failed, finished, running = document["runs"]
    assert failed == {
        "id": 1,
        "target": "lib\x1b[2J",
        "started_at": "1970-01-01T00:00:00+00:00",
        "finished_at": "1970-01-01T00:01:01+00:00",
        "status": "failed",
        "failure": "no space \x1b[2J left",
        "new": 0,
        "fixed": 0,
        "summary": None,
    }
    assert (finished["status"], finished["new"], finished["fixed"]) == ("finished", 2, 1)
    assert finished["summary"]["duplication_percent"] == 12.5
    assert finished["summary"]["by_type"] == {"T1": 1200, "T2": 0, "T3": 3}
    assert finished["summary"]["by_role"]["source"]["classes"] == 1203
    assert (running["status"], running["finished_at"], running["summary"]) == ("running", None, None)


def test_text_is_a_line_per_run(audited: Path) -> None:
    assert call("audit", "history").out.splitlines() == [
        "run     started (UTC)  target      duplication  classes  new  fixed     T1  T2  T3",
        "  1  1970-01-01 00:00  lib\\x1b[2J  failed: no space \\x1b[2J left",
        "  2  1970-01-01 00:00  src/app         12.50 %    1,203    2      1  1,200   0   3",
        "  3  1970-01-01 00:00  src/app     running",
    ]


@pytest.mark.parametrize(("target", "runs"), [("app", [2, 3]), ("src/app", [2, 3]), ("lib", [1])])
def test_target_is_named_as_it_was_audited_or_by_its_corpus(
    audited: Path, target: str, runs: list[int]
) -> None:
    document = call("audit", "history", "--target", target, "--json").document
    assert [run["id"] for run in document["runs"]] == runs


def test_target_that_was_never_audited_is_an_error(audited: Path) -> None:
    done = call("audit", "history", "--target", "other")
    assert (done.code, done.error) == (
        2,
        "no audit of 'other': see `codesearch audit history` for what was audited",
    )


def test_no_audits_and_no_index_say_what_to_do(user: Path) -> None:
    done = call("audit", "history")
    assert done.code == 3
    assert "`codesearch index`" in done.error
    (user / ".codesearch").mkdir()
    Database.create(sqlite_url(user / ".codesearch/index.db")).close()
    assert call("audit", "history").out == "no audits yet: run `codesearch audit` first\n"
