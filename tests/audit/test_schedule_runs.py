from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import URL, update

from codesearch.audit.child import Exit
from codesearch.audit.schedule import Scheduler, next_run, run_until_stopped
from codesearch.core.audit import AuditSummary
from codesearch.core.errors import IndexFailure
from codesearch.core.schedule import RunStatus, Schedule, ScheduledAudit, ScheduledRun
from codesearch.core.store.audits import AuditOutcome, AuditTarget, begin_audit, finish_audit
from codesearch.core.store.database import Database
from codesearch.core.store.models import Audit
from codesearch.core.store.schedules import (
    add_schedule,
    begin_scheduled,
    disable_schedule,
    find_schedule,
    postpone_schedule,
    remove_schedule,
)

DAY = 86400.0
NIGHTLY = ScheduledAudit("app", "0 3 * * *", "UTC", ("/src/app",), (), "/src")
SUMMARY = AuditSummary(1, 10, 2, 0, 0, 0, {}, {})
PID = 4711


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


class Lab:
    """A scheduler over a real store whose audits end as the test says, at the time the test says."""

    def __init__(self, url: URL) -> None:
        self.url = url
        Database.create(self.url).close()
        self.now = at("2026-11-20 12:00")
        self.ends = Exit(PID, 0, "")
        self.finishes = True
        self.audited: list[str] = []
        self.told: list[ScheduledRun] = []
        self.deaf: str | None = None
        self.stopped = False
        self.during: Callable[[], object] = lambda: None
        self.scheduler = Scheduler(lambda: Database.open(self.url), self, self.announce, lambda: self.now)

    def run(self, audit: ScheduledAudit) -> Exit:
        self.audited.append(audit.name)
        self.during()
        if self.finishes:
            with Database.open(self.url) as database, database.write() as connection:
                number = begin_audit(connection, AuditTarget(".", ("app",), {}))
                finish_audit(connection, number, AuditOutcome(SUMMARY, (), 1, 0, 0))
                connection.execute(update(Audit).values(pid=PID, started_at=self.now))
        return self.ends

    def announce(self, run: ScheduledRun) -> str | None:
        self.told.append(run)
        return self.deaf

    def add(self, name: str = "app", cron: str = NIGHTLY.cron, timezone: str = "UTC") -> Schedule:
        audit = replace(NIGHTLY, name=name, cron=cron, timezone=timezone)
        with Database.open(self.url) as database, database.write() as connection:
            return add_schedule(connection, audit, next_run(audit, self.now))

    def schedule(self, name: str = "app") -> Schedule:
        with Database.open(self.url) as database, database.read() as connection:
            return find_schedule(connection, name)


@pytest.fixture
def lab(store_url: URL) -> Lab:
    return Lab(store_url)


def test_nothing_runs_before_it_is_due(lab: Lab) -> None:
    lab.add()
    assert lab.scheduler.run_due() == ()
    lab.now = at("2026-11-21 02:59:59")
    assert lab.scheduler.run_due() == ()
    lab.now = at("2026-11-21 03:00")
    [run] = lab.scheduler.run_due()
    assert (run.name, run.status, run.failure, run.started_at) == ("app", RunStatus.PASSED, None, lab.now)
    assert lab.scheduler.run_due() == ()


def test_missed_runs_are_caught_up_once(lab: Lab) -> None:
    lab.add()
    lab.now += 10 * DAY
    assert len(lab.scheduler.run_due()) == 1
    assert lab.scheduler.run_due() == ()
    assert lab.schedule().next_run_at == at("2026-12-01 03:00")


def test_times_that_pass_during_a_run_are_caught_up_once(lab: Lab) -> None:
    lab.add(cron="*/5 * * * *")
    lab.now += 300

    def take_an_hour() -> None:
        lab.now += 3600

    lab.during = take_an_hour
    assert len(lab.scheduler.run_due()) == 1
    lab.during = lambda: None
    assert len(lab.scheduler.run_due()) == 1
    assert lab.scheduler.run_due() == ()


def test_due_schedules_run_one_after_another_by_number(lab: Lab) -> None:
    for name in ("b", "a", "c"):
        lab.add(name)
    lab.now += DAY
    assert [run.name for run in lab.scheduler.run_due()] == lab.audited == ["b", "a", "c"]


def test_schedule_that_was_removed_or_added_while_another_ran_is_treated_as_such(lab: Lab) -> None:
    lab.add("a")
    removed = lab.add("b")
    lab.now += DAY

    def change() -> None:
        lab.during = lambda: None
        with Database.open(lab.url) as database, database.write() as connection:
            remove_schedule(connection, removed.id)
            add_schedule(connection, replace(NIGHTLY, name="c"), lab.now)

    lab.during = change
    assert [run.name for run in lab.scheduler.run_due()] == ["a", "c"]


def test_schedules_stay_due_when_the_process_is_stopped(lab: Lab) -> None:
    lab.add("a")
    waiting = lab.add("b")
    lab.now += DAY

    def stop() -> None:
        lab.stopped = True

    lab.during = stop
    assert [run.name for run in lab.scheduler.run_due()] == ["a"]
    assert lab.schedule("b") == waiting


def test_only_the_named_schedule_runs(lab: Lab) -> None:
    lab.add("a")
    chosen = lab.add("b")
    lab.now += DAY
    assert [run.name for run in lab.scheduler.run_due(chosen.id)] == ["b"]


def test_paused_schedule_does_not_run(lab: Lab) -> None:
    schedule = lab.add()
    with Database.open(lab.url) as database, database.write() as connection:
        disable_schedule(connection, schedule.id)
    lab.now += DAY
    assert lab.scheduler.run_due() == ()


def test_schedule_runs_on_demand_and_stays_due_as_before(lab: Lab) -> None:
    schedule = lab.add()
    assert lab.scheduler.run(schedule).status is RunStatus.PASSED
    assert lab.schedule().next_run_at == schedule.next_run_at


def test_run_brings_the_figures_of_its_own_audit(lab: Lab) -> None:
    lab.add()
    lab.now += DAY
    [run] = lab.scheduler.run_due()
    assert run.audit is not None
    assert run.audit.summary == SUMMARY
    assert lab.told == [run]


def test_audit_of_an_earlier_run_is_not_taken_for_this_one(lab: Lab) -> None:
    lab.add()
    lab.now += DAY
    lab.scheduler.run_due()
    lab.now += DAY
    lab.finishes, lab.ends = False, Exit(PID, 3, "no space left")
    [run] = lab.scheduler.run_due()
    assert run.audit is None


def test_closed_gate_is_a_finished_run(lab: Lab) -> None:
    lab.add()
    lab.now += DAY
    lab.ends = Exit(PID, 1, "codesearch: 3 new clone classes")
    [run] = lab.scheduler.run_due()
    assert (run.status, run.failure) == (RunStatus.GATE_CLOSED, None)
    assert lab.schedule().last_status is RunStatus.GATE_CLOSED


def test_process_that_never_became_an_audit_has_failed_whatever_its_exit_code(lab: Lab) -> None:
    lab.add()
    lab.now += DAY
    lab.finishes, lab.ends = False, Exit(PID, 1, "No module named codesearch")
    [run] = lab.scheduler.run_due()
    assert (run.status, run.failure) == (RunStatus.FAILED, "No module named codesearch")


def test_failed_run_is_recorded_and_the_schedule_goes_on(lab: Lab) -> None:
    lab.add()
    lab.now += DAY
    lab.finishes, lab.ends = False, Exit(PID, -9, "")
    lab.scheduler.run_due()
    schedule = lab.schedule()
    assert (schedule.last_status, schedule.last_failure) == (RunStatus.FAILED, "killed by SIGKILL")
    assert (schedule.enabled, schedule.next_run_at) == (True, at("2026-11-22 03:00"))


def test_webhook_failure_is_recorded_and_the_run_stays_what_it_was(lab: Lab) -> None:
    lab.add()
    lab.now += DAY
    lab.deaf = "the webhook answered 500"
    [run] = lab.scheduler.run_due()
    assert (run.status, run.failure) == (RunStatus.PASSED, "the webhook answered 500")
    assert lab.schedule().last_failure == "the webhook answered 500"
    lab.now += DAY
    lab.finishes, lab.ends = False, Exit(PID, 3, "no space left")
    [run] = lab.scheduler.run_due()
    assert run.failure == "no space left; the webhook answered 500"


def test_run_whose_scheduler_died_is_failed_and_not_tried_again_at_once(lab: Lab) -> None:
    schedule = lab.add()
    with Database.open(lab.url) as database, database.write() as connection:
        begin_scheduled(connection, schedule.id, lab.now, schedule.next_run_at)
    assert lab.scheduler.run_due() == ()
    assert (lab.schedule().last_status, lab.schedule().last_failure) == (RunStatus.FAILED, "did not finish")


def test_schedule_whose_zone_is_gone_is_paused_with_the_reason(lab: Lab) -> None:
    schedule = lab.add()
    with Database.open(lab.url) as database, database.write() as connection:
        gone = add_schedule(connection, replace(NIGHTLY, name="old", timezone="Mars/Olympus"), lab.now)
    lab.now += DAY
    assert [(run.name, run.status) for run in lab.scheduler.run_due()] == [
        (schedule.audit.name, RunStatus.PASSED),
        (gone.audit.name, RunStatus.FAILED),
    ]
    assert not lab.schedule("old").enabled
    assert "no time zone 'Mars/Olympus'" in (lab.schedule("old").last_failure or "")
    assert lab.audited == ["app"]


def test_time_planned_under_a_wrong_clock_is_set_right(lab: Lab) -> None:
    schedule = lab.add()
    with Database.open(lab.url) as database, database.write() as connection:
        postpone_schedule(connection, schedule.id, at("2036-01-01 03:00"))
    lab.scheduler.run_due()
    assert lab.schedule() == schedule


def test_schedule_is_due_at_the_time_of_its_zone(lab: Lab) -> None:
    lab.add(timezone="Asia/Tokyo")
    assert lab.schedule().next_run_at == at("2026-11-20 18:00")


class Stop(Exception):
    """Ends a scheduler that runs until it is stopped."""


def test_failing_tick_is_one_line_and_does_not_end_the_process(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ticks: list[str] = []
    failures: list[Exception] = [IndexFailure("the index is locked"), ZeroDivisionError("by zero")]

    def tick() -> None:
        ticks.append("tick")
        raise failures[len(ticks) - 1]

    class TwoTicks:
        """Calls the job twice, as the scheduler would over two minutes."""

        def __init__(self, **_: object) -> None:
            self.jobs: list[Callable[[], None]] = []

        def add_job(self, job: Callable[[], None], *_: object, **__: object) -> None:
            self.jobs.append(job)

        def start(self) -> None:
            for job in self.jobs * 2:
                job()
            raise Stop

        running = True

        def shutdown(self, *, wait: bool) -> None:
            ticks.append(f"shutdown {wait}")

    monkeypatch.setattr("apscheduler.schedulers.background.BackgroundScheduler", TwoTicks)
    with pytest.raises(Stop):
        run_until_stopped(tick, lambda: ticks.append("stop"))
    assert ticks == ["tick", "tick", "stop", "shutdown True"]
    assert [record.getMessage() for record in caplog.records] == [
        "the index is locked",
        "unexpected ZeroDivisionError: by zero",
    ]


def test_scheduler_looks_at_once_and_an_interrupt_ends_it_after_the_tick() -> None:
    done: list[str] = []

    def tick() -> None:
        if not done:
            os.kill(os.getpid(), signal.SIGINT)
        done.append("tick")

    with pytest.raises(KeyboardInterrupt):
        run_until_stopped(tick, lambda: done.append("stop"))
    assert set(done) == {"stop", "tick"}  # two ticks where a minute begins meanwhile
    assert done.count("stop") == 1
