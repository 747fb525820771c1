from __future__ import annotations

from dataclasses import replace

import pytest

from codesearch.core.errors import InputError
from codesearch.core.schedule import RunStatus, ScheduledAudit
from codesearch.core.store.database import Database
from codesearch.core.store.schedules import (
    add_schedule,
    begin_scheduled,
    disable_schedule,
    enable_schedule,
    end_abandoned,
    end_scheduled,
    find_schedule,
    postpone_schedule,
    read_schedules,
    remove_schedule,
    retime_schedule,
)

NIGHTLY = ScheduledAudit("app", "0 3 * * *", "Europe/Berlin", ("/src/app", "/src/ü"), ("-f", "sarif"), "/src")


def test_schedule_reads_back_as_it_was_added(database: Database) -> None:
    with database.write() as connection:
        added = add_schedule(connection, NIGHTLY, 1000.5)
    with database.read() as connection:
        assert read_schedules(connection) == (added,)
    assert (added.audit, added.enabled, added.next_run_at) == (NIGHTLY, True, 1000.5)
    assert (added.last_run_at, added.last_status, added.last_failure) == (None, None, None)


def test_names_are_unique_and_a_taken_one_leaves_the_schedules_alone(database: Database) -> None:
    with database.write() as connection:
        first = add_schedule(connection, NIGHTLY, 1.0)
    with pytest.raises(InputError, match="'app' already"), database.write() as connection:
        add_schedule(connection, NIGHTLY, 2.0)
    with database.read() as connection:
        assert read_schedules(connection) == (first,)


def test_schedule_is_found_by_number_and_by_name_and_the_name_wins(database: Database) -> None:
    with database.write() as connection:
        app = add_schedule(connection, NIGHTLY, 1.0)
        assert find_schedule(connection, str(app.id)) == find_schedule(connection, "app") == app
        odd = add_schedule(connection, replace(NIGHTLY, name=str(app.id)), 1.0)
        assert find_schedule(connection, str(app.id)) == odd
        with pytest.raises(InputError, match=r"no schedule 'lib'.*schedule list"):
            find_schedule(connection, "lib")


def test_schedule_gets_another_time_and_keeps_all_else(database: Database) -> None:
    with database.write() as connection:
        added = add_schedule(connection, NIGHTLY, 1.0)
        other = add_schedule(connection, replace(NIGHTLY, name="lib"), 1.0)
        hourly = replace(NIGHTLY, cron="0 * * * *", timezone="UTC", folder="/elsewhere")
        retime_schedule(connection, added.id, hourly, 7.5)
        retimed = replace(added, audit=replace(NIGHTLY, cron="0 * * * *", timezone="UTC"), next_run_at=7.5)
        assert read_schedules(connection) == (retimed, other)


def test_removed_schedule_is_gone(database: Database) -> None:
    with database.write() as connection:
        app = add_schedule(connection, NIGHTLY, 1.0)
        lib = add_schedule(connection, replace(NIGHTLY, name="lib"), 1.0)
        remove_schedule(connection, app.id)
        assert read_schedules(connection) == (lib,)


def test_run_is_recorded_from_its_begin_to_its_end(database: Database) -> None:
    with database.write() as connection:
        app = add_schedule(connection, NIGHTLY, 1.0)
        begin_scheduled(connection, app.id, 5.0, 86400.0)
        running = find_schedule(connection, "app")
        end_scheduled(connection, app.id, RunStatus.FAILED, "no space left")
        failed = find_schedule(connection, "app")
        begin_scheduled(connection, app.id, 6.0, 90000.0)
        end_scheduled(connection, app.id, RunStatus.GATE_CLOSED, None)
        closed = find_schedule(connection, "app")
    assert running == replace(app, last_run_at=5.0, last_status=RunStatus.RUNNING, next_run_at=86400.0)
    assert failed == replace(running, last_status=RunStatus.FAILED, last_failure="no space left")
    assert closed == replace(app, last_run_at=6.0, last_status=RunStatus.GATE_CLOSED, next_run_at=90000.0)


def test_only_runs_without_an_end_are_abandoned(database: Database) -> None:
    with database.write() as connection:
        app = add_schedule(connection, NIGHTLY, 1.0)
        lib = add_schedule(connection, replace(NIGHTLY, name="lib"), 1.0)
        new = add_schedule(connection, replace(NIGHTLY, name="new"), 1.0)
        for schedule in (app, lib):
            begin_scheduled(connection, schedule.id, 5.0, 6.0)
        end_scheduled(connection, lib.id, RunStatus.PASSED, None)
        end_abandoned(connection, "did not finish")
        states = {s.audit.name: (s.last_status, s.last_failure) for s in read_schedules(connection)}
    assert states == {
        "app": (RunStatus.FAILED, "did not finish"),
        "lib": (RunStatus.PASSED, None),
        new.audit.name: (None, None),
    }


def test_schedule_is_paused_resumed_and_postponed(database: Database) -> None:
    with database.write() as connection:
        app = add_schedule(connection, NIGHTLY, 1.0)
        disable_schedule(connection, app.id)
        assert find_schedule(connection, "app") == replace(app, enabled=False)
        enable_schedule(connection, app.id, 9.0)
        assert find_schedule(connection, "app") == replace(app, next_run_at=9.0)
        postpone_schedule(connection, app.id, 7.0)
        assert find_schedule(connection, "app") == replace(app, next_run_at=7.0)
