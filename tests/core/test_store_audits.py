from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import URL, Connection, delete, func, select, text, update
from sqlalchemy.schema import DropTable

from codesearch.core.audit import (
    Action,
    AuditSummary,
    CloneClass,
    Conclusion,
    Gate,
    Hidden,
    Member,
    RoleSummary,
    Variation,
)
from codesearch.core.errors import IndexFailure
from codesearch.core.results import CloneType, Place
from codesearch.core.schedule import ScheduledAudit
from codesearch.core.store import models
from codesearch.core.store.audit_figures import figures_text, read_summary
from codesearch.core.store.audits import (
    DIED,
    AuditOutcome,
    AuditTarget,
    begin_audit,
    comparable_audits,
    fail_audit,
    finish_audit,
    last_classes,
    read_audits,
)
from codesearch.core.store.carry_over import carry_over
from codesearch.core.store.corpora import ensure_corpus, read_corpora
from codesearch.core.store.database import Database
from codesearch.core.store.engines import sqlite_url
from codesearch.core.store.history import begin_run, collect_garbage, finish_run, forget_after, read_runs
from codesearch.core.store.models import Audit, AuditClass
from codesearch.core.store.schedules import add_schedule, read_schedules
from codesearch.core.types import FragmentKind, Role

SUMMARY = AuditSummary(
    files=3,
    lines=200,
    fragments=12,
    classes=2,
    pairs=4,
    duplicated_lines=50,
    by_type={CloneType.T1: 1, CloneType.T3: 1},
    by_role={Role.SOURCE: RoleSummary(2, 150, 2, 50), Role.TEST: RoleSummary(1, 50, 0, 0)},
)
APP = AuditTarget(".", ("app",), {"types": ["T1", "T2"], "min_lines": 6})


def content(number: int) -> str:
    return f"{number:032x}"


def clone_class(class_id: str, *contents: int) -> CloneClass:
    members = tuple(
        Member(
            Place("app", f"{position}.py", 1, 9),
            "f",
            FragmentKind.FUNCTION,
            "python",
            Role.SOURCE,
            content(number),
        )
        for position, number in enumerate(contents)
    )
    return CloneClass(
        id=class_id,
        clone_type=CloneType.T1,
        probability=1.0,
        decided_by="fingerprint",
        similarity=1.0,
        role=Role.SOURCE,
        saved_lines=9,
        members=members,
        variation=Variation(),
        action=Action.KEEP_ONE,
        target=".",
        explanation="Copies.",
    )


def finished(
    connection: Connection, target: AuditTarget, *classes: CloneClass, new: int = 0, fixed: int = 0
) -> int:
    audit = begin_audit(connection, target)
    finish_audit(connection, audit, AuditOutcome(SUMMARY, classes, 1, new, fixed))
    return audit


def kept_classes(connection: Connection) -> Mapping[int, int]:
    """Number of classes that are kept, by audit."""
    rows = connection.execute(select(AuditClass.audit_id, func.count()).group_by(AuditClass.audit_id))
    return {row[0]: row[1] for row in rows}


def test_audits_come_oldest_first_with_their_figures(database: Database) -> None:
    with database.write() as connection:
        first = finished(connection, APP, new=2)
        second = begin_audit(connection, APP)
        fail_audit(connection, second, "disk full")
        third = finished(connection, APP, fixed=1)
    with database.read() as connection:
        runs = read_audits(connection)
    assert [run.id for run in runs] == [first, second, third]
    assert [(run.new, run.fixed) for run in runs] == [(2, 0), (0, 0), (0, 1)]
    assert [run.failure for run in runs] == [None, "disk full", None]
    assert [run.summary for run in runs] == [SUMMARY, None, SUMMARY]
    assert all(run.finished_at is not None and run.finished_at >= run.started_at for run in runs)


def test_audits_of_one_target_are_found_by_its_text_and_by_its_corpora(database: Database) -> None:
    with database.write() as connection:
        here = finished(connection, APP)
        both = finished(connection, AuditTarget("app lib", ("lib", "app"), {}))
    with database.read() as connection:
        found = {name: [run.id for run in read_audits(connection, name)] for name in (".", "app", "lib", "x")}
    assert found == {".": [here], "app": [here, both], "lib": [both], "x": []}


def test_classes_of_the_last_good_audit_are_multisets_of_contents(database: Database) -> None:
    with database.write() as connection:
        finished(connection, APP, clone_class("a", 1, 1))
        finished(connection, APP, clone_class("b", 7, 3, 7), clone_class("c", 2, 2))
        fail_audit(connection, begin_audit(connection, APP), "no space left")
        finished(
            connection, AuditTarget(".", ("app",), {"types": ["T1"]}), clone_class("other options", 1, 1)
        )
        finished(connection, AuditTarget(".", ("lib",), APP.options), clone_class("other corpus", 1, 1))
        begin_audit(connection, APP)
    with database.read() as connection:
        last = last_classes(connection, APP)
        named_otherwise = last_classes(connection, AuditTarget("../app", ("app",), dict(APP.options)))
    assert last == {"b": Counter({content(7): 2, content(3): 1}), "c": Counter({content(2): 2})}
    assert named_otherwise == last


def test_first_audit_is_told_from_one_after_an_audit_without_clones(database: Database) -> None:
    with database.write() as connection:
        assert last_classes(connection, APP) is None
        finished(connection, APP)
        assert last_classes(connection, APP) == {}


def test_comparable_audits_are_finished_ones_of_equal_corpora_and_options(database: Database) -> None:
    with database.write() as connection:
        first = finished(connection, APP)
        fail_audit(connection, begin_audit(connection, APP), "no space left")
        finished(connection, AuditTarget(".", ("app",), {}))
        last = finished(connection, APP)
        begin_audit(connection, APP)
        assert [run.id for run in comparable_audits(connection, APP)] == [first, last]


def test_classes_of_two_audits_per_target_are_kept_and_all_figures(database: Database) -> None:
    other = AuditTarget("lib", ("lib",), {})
    with database.write() as connection:
        apart = finished(connection, other, clone_class("x", 1, 1))
        audits = [finished(connection, APP, clone_class("a", 1, 1), clone_class("b", 2, 2)) for _ in range(4)]
    with database.read() as connection:
        assert kept_classes(connection) == {apart: 1, audits[2]: 2, audits[3]: 2}
        assert [run.summary for run in read_audits(connection)] == [SUMMARY] * 5


def test_audit_of_a_process_that_is_gone_did_not_finish(database: Database) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with database.write() as connection:
        audit = begin_audit(connection, APP)
        (at_work,) = read_audits(connection)
        connection.execute(update(Audit).where(Audit.id == audit).values(pid=gone.pid))
        (died,) = read_audits(connection)
    assert (at_work.finished_at, at_work.failure) == (None, None)
    assert (died.finished_at, died.failure) == (None, DIED)


def test_audit_that_another_one_followed_is_not_at_work(database: Database) -> None:
    with database.write() as connection:
        begin_audit(connection, APP)
        begin_audit(connection, APP)
        assert [run.failure for run in read_audits(connection)] == [DIED, None]


def test_audit_on_another_machine_may_be_at_work(database: Database) -> None:
    with database.write() as connection:
        begin_audit(connection, APP)
        connection.execute(update(Audit).values(host=f"not-{socket.gethostname()}", pid=2**22 + 1))
        assert [run.failure for run in read_audits(connection)] == [None]


def test_process_of_another_user_is_at_work(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pid: int, signal: int) -> None:
        raise PermissionError

    with database.write() as connection:
        begin_audit(connection, APP)
        monkeypatch.setattr(os, "kill", refuse)
        assert [run.failure for run in read_audits(connection)] == [None]


def test_forgetting_snapshots_leaves_audits_alone(database: Database) -> None:
    with database.write() as connection:
        kept = begin_run(connection, "0.1.0")
        ensure_corpus(connection, "app", Path("/app"))
        finish_run(connection, kept, {})
        begin_run(connection, "0.1.0")
        audit = begin_audit(connection, APP)
        finish_audit(connection, audit, AuditOutcome(SUMMARY, [clone_class("a", 1, 1)], kept + 1, 1, 0))
        forget_after(connection, kept)
        collect_garbage(connection, kept)
    with database.read() as connection:
        assert [run.id for run in read_runs(connection)] == [kept]
        assert [run.summary for run in read_audits(connection)] == [SUMMARY]
        assert last_classes(connection, APP) == {"a": Counter({content(1): 2})}


def test_index_of_the_first_schema_gets_the_tables_and_keeps_its_corpora(store_url: URL) -> None:
    with Database.create(store_url) as old, old.write() as connection:
        ensure_corpus(connection, "app", Path("/app"))
        later = (models.ScheduledAudit, models.JudgedPair, models.AccessToken, models.Job)
        for table in (AuditClass, Audit, *later):
            connection.execute(DropTable(table.__table__))  # type: ignore[arg-type]
        connection.execute(text("ALTER TABLE corpora DROP COLUMN removed_in"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    with pytest.raises(IndexFailure, match="`codesearch index`"):
        Database.open(store_url)
    with Database.create(store_url) as database, database.write() as connection:
        assert [corpus.name for corpus in read_corpora(connection)] == ["app"]
        finished(connection, APP)
    Database.open(store_url).close()


def test_rebuilt_index_takes_over_audits_and_schedules(database: Database, tmp_path: Path) -> None:
    nightly = ScheduledAudit("app", "0 3 * * *", "UTC", ("/app",), (), "/")
    with database.write() as old:
        finished(old, APP, clone_class("a", 1, 1))
        last = finished(old, APP, clone_class("b", 2, 2), new=1)
        add_schedule(old, nightly, 1.0)
    with Database.create(sqlite_url(tmp_path / "new.db")) as rebuilt, rebuilt.write() as new:
        with database.read() as old:
            carry_over(old, new)
            assert read_audits(new) == read_audits(old)
            assert last_classes(new, APP) == last_classes(old, APP)
            assert read_schedules(new) == read_schedules(old)
        assert finished(new, APP) == last + 1
    with Database.create(sqlite_url(tmp_path / "newer.db")) as empty, empty.write() as new:
        with database.write() as old:
            for table in (AuditClass, Audit, models.ScheduledAudit, models.JudgedPair):
                old.execute(delete(table))
            carry_over(old, new)
        assert (read_audits(new), read_schedules(new)) == ((), ())


COUNTS = st.integers(0, 10**9)
ROLE_SUMMARIES = st.builds(RoleSummary, COUNTS, COUNTS, COUNTS, COUNTS)


@given(
    st.builds(
        AuditSummary,
        *[COUNTS] * 6,
        st.dictionaries(st.sampled_from(CloneType), COUNTS),
        st.dictionaries(st.sampled_from(Role), ROLE_SUMMARIES),
    )
)
def test_summary_reads_back_as_it_was_written(summary: AuditSummary) -> None:
    assert read_summary(figures_text(summary, None)) == summary
    assert read_summary(figures_text(summary, Conclusion())) == summary


def test_conclusion_is_kept_with_the_run_and_unknown_of_older_ones(database: Database) -> None:
    said = Conclusion(Gate(False, ("2 new classes",)), Hidden(1, 2, 3, 4), ("judge:unreachable",))
    with database.write() as connection:
        older = begin_audit(connection, APP)
        finish_audit(connection, older, AuditOutcome(SUMMARY, (), 1, 0, 0))
        newer = begin_audit(connection, APP)
        finish_audit(connection, newer, AuditOutcome(SUMMARY, (), 1, 0, 0, said))
    with database.read() as connection:
        assert [run.conclusion for run in read_audits(connection)] == [None, said]
