from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commandline import CHECKOUT, call, tally, write_tree
from sqlalchemy import update

from codesearch.audit.child import AuditProcess, Exit
from codesearch.audit.lock import running_schedules
from codesearch.audit.webhook import Webhook
from codesearch.core.audit import AuditSummary
from codesearch.core.errors import EnvironmentFailure
from codesearch.core.schedule import ScheduledAudit
from codesearch.core.store.audits import AuditOutcome, AuditTarget, begin_audit, finish_audit
from codesearch.core.store.database import Database
from codesearch.core.store.engines import sqlite_url
from codesearch.core.store.models import ScheduledAudit as ScheduleRow

SUMMARY = AuditSummary(4, 200, 12, 3, 5, 25, {}, {})


@pytest.fixture
def home(user: Path) -> Path:
    """A user with an index of a folder ``app``."""
    write_tree(user / "app", {"a.py": tally("a")})
    assert call("index", "app", "--no-embed").code == 0
    return user


def add(*words: str) -> dict[str, Any]:
    """Add a nightly schedule; returns it."""
    document = call("schedule", "add", "--json", "--cron", "0 3 * * *", *words).document
    assert document["schema"] == "codesearch.schedule/1"
    [added] = document["schedules"]
    assert isinstance(added, dict)
    return added


def listed() -> list[dict[str, Any]]:
    schedules = call("schedule", "list", "--json").document["schedules"]
    assert isinstance(schedules, list)
    return schedules


def make_due(home: Path) -> None:
    """Let every schedule have been due an hour ago."""
    with Database.open(sqlite_url(home / ".codesearch/index.db")) as database, database.write() as connection:
        connection.execute(update(ScheduleRow).values(next_run_at=time.time() - 3600))


@pytest.fixture
def ended(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int, str], None]:
    """Sets how the processes of audits end; an exit code of 0 or 1 comes with an audit in the store."""
    end = Exit(os.getpid(), 0, "")

    def run(process: AuditProcess, audit: ScheduledAudit) -> Exit:
        del process
        if end.code in {0, 1}:
            url = sqlite_url(home / ".codesearch/index.db")
            with Database.open(url) as database, database.write() as connection:
                number = begin_audit(connection, AuditTarget(audit.paths[0], ("app",), {}))
                finish_audit(connection, number, AuditOutcome(SUMMARY, (), 1, 2, 1))
        return end

    def ends(code: int, message: str) -> None:
        nonlocal end
        end = Exit(os.getpid(), code, message)

    monkeypatch.setattr(AuditProcess, "run", run)
    return ends


def test_added_schedule_is_listed_with_all_it_will_do(home: Path) -> None:
    added = add("--timezone", "Asia/Tokyo", "app", "--", "-f", "json", "-o", "clones.json")
    assert listed() == [added]
    assert (added["id"], added["name"], added["enabled"]) == (1, "app", True)
    assert (added["cron"], added["timezone"]) == ("0 3 * * *", "Asia/Tokyo")
    assert added["paths"] == [str(home / "app")]
    assert added["options"] == ["-f", "json", "-o", "clones.json"]
    assert added["folder"] == str(home)
    assert added["next_run_at"].endswith("T18:00:00+00:00")
    assert added["last_run_at"] is added["last_status"] is added["last_failure"] is None


def test_schedule_without_a_name_is_called_after_its_folder(home: Path) -> None:
    assert [add("app")["name"], add("./app")["name"], add("--name", "nightly", "app")["name"]] == [
        "app",
        "app-2",
        "nightly",
    ]


def test_taken_name_is_refused(home: Path) -> None:
    add("--name", "nightly", "app")
    done = call("schedule", "add", "--cron", "0 4 * * *", "--name", "nightly", "app")
    assert done.code == 2
    assert done.error == "there is a schedule 'nightly' already: remove it first, or choose another --name"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--cron", "every night", "app"], "'0 3 * * *'"),
        (["--cron", "0 3 31 2 *", "app"], "never comes"),
        (["--cron", "0 3 * * *", "--timezone", "Mars", "app"], "no time zone 'Mars'"),
        (["--cron", "0 3 * * *", "gone"], "'gone' does not exist"),
        (["--cron", "0 3 * * *"], "Missing argument"),
        (["app"], "--cron"),
        (["--cron", "0 3 * * *", "app", "--", "--no-such-option"], "no-such-option"),
        (["--cron", "0 3 * * *", "app", "--", "--index", "other"], "before --"),
    ],
)
def test_what_cannot_be_scheduled_is_refused_now_not_at_night(
    home: Path, words: list[str], message: str
) -> None:
    done = call("schedule", "add", *words)
    assert done.code == 2
    assert message in done.error
    assert listed() == []


def test_schedules_need_an_index(user: Path) -> None:
    for words in (["list"], ["add", "--cron", "0 3 * * *", "."], ["run", "--once"], ["remove", "1"]):
        done = call("schedule", *words)
        assert done.code == 3
        assert "codesearch index" in done.error
    assert not (user / ".codesearch").exists()


def test_removed_schedule_is_shown_once_more(home: Path) -> None:
    first, second = add("app"), add("app")
    assert call("schedule", "remove", "app-2", "--json").document["schedules"] == [second]
    assert call("schedule", "remove", str(first["id"]), "--json").document["schedules"] == [first]
    assert listed() == []
    done = call("schedule", "remove", "1")
    assert (done.code, done.error) == (2, "no schedule '1': see `codesearch schedule list`")


def test_paused_schedule_is_not_run_and_has_no_next_time(
    home: Path, ended: Callable[[int, str], None]
) -> None:
    add("app")
    paused = call("schedule", "pause", "app", "--json").document["schedules"][0]
    assert (paused["enabled"], paused["next_run_at"]) == (False, None)
    make_due(home)
    assert call("schedule", "run", "--once", "--json").document["runs"] == []
    resumed = call("schedule", "resume", "1", "--json").document["schedules"][0]
    assert resumed["enabled"]
    assert call("schedule", "run", "--once", "--json").document["runs"] == []


def test_what_is_due_is_run_once(home: Path, ended: Callable[[int, str], None]) -> None:
    add("app")
    assert call("schedule", "run", "--once", "--json").document == {
        "schema": "codesearch.schedule-run/1",
        "degraded": [],
        "runs": [],
    }
    make_due(home)
    [run] = call("schedule", "run", "--once", "--json").document["runs"]
    assert (run["schedule"], run["name"], run["status"], run["failure"]) == (1, "app", "passed", None)
    assert (run["audit"]["new"], run["audit"]["fixed"]) == (2, 1)
    assert run["audit"]["summary"]["duplication_percent"] == 12.5
    assert call("schedule", "run", "--once", "--json").document["runs"] == []
    assert listed()[0]["last_status"] == "passed"


def test_named_schedule_is_run_due_or_not(home: Path, ended: Callable[[int, str], None]) -> None:
    add("app")
    done = call("schedule", "run", "--once", "app")
    assert done.code == 0
    assert done.out.endswith("app  passed, 12.50 % duplication, 3 classes, 2 new, 1 fixed\n")


@pytest.mark.parametrize(
    ("exit_code", "message", "code", "said"),
    [
        (1, "gate closed", 1, "gate closed, 12.50 % duplication, 3 classes, 2 new, 1 fixed"),
        (3, "no space left", 3, "failed: no space left"),
        (-9, "", 3, "failed: killed by SIGKILL"),
        (2, "evil \x1b[2J", 3, "failed: evil \\x1b[2J"),
    ],
)
def test_exit_code_is_that_of_the_worst_run(
    home: Path, ended: Callable[[int, str], None], exit_code: int, message: str, code: int, said: str
) -> None:
    add("app")
    make_due(home)
    ended(exit_code, message)
    done = call("schedule", "run", "--once")
    assert (done.code, done.err) == (code, "")
    assert done.out.endswith(f"app  {said}\n")
    assert f": {said.partition(', ')[0].partition(':')[0]}" in call("schedule", "list").out


def test_schedules_of_somebody_elses_index_are_not_run(
    home: Path, ended: Callable[[int, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended(0, "done")
    add("app", "--name", "theirs")
    make_due(home)
    monkeypatch.setenv("CODESEARCH_INDEX__KEY_FILE", str(home / "other.key"))
    refused = call("schedule", "run", "--once")
    assert refused.code == 3
    assert "was written by somebody else, so its schedules are not run" in refused.error
    assert listed()[0]["last_run_at"] is None
    assert call("index", "app", "--no-embed").code == 0
    assert call("schedule", "run", "--once").code == 0


def test_json_needs_an_end(home: Path) -> None:
    done = call("schedule", "run", "--json")
    assert (done.code, done.error) == (2, "--json prints one document, so it needs an end: add --once")


def test_second_process_that_runs_schedules_is_refused(home: Path) -> None:
    with running_schedules(home / ".codesearch"):
        done = call("schedule", "run", "--once")
    assert done.code == 3
    assert f"by process {os.getpid()}" in done.error


def test_scheduler_runs_until_it_is_terminated(
    home: Path, ended: Callable[[int, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    add("app")
    make_due(home)

    def terminate(process: AuditProcess) -> None:
        del process

    def run_then_terminate(tick: Callable[[], object], stop: Callable[[], None]) -> None:
        tick()
        stop()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)  # the signal ends it

    monkeypatch.setattr(AuditProcess, "stop", terminate)
    monkeypatch.setattr("codesearch.audit.schedule.run_until_stopped", run_then_terminate)
    done = call("schedule", "run")
    assert (done.code, done.err) == (0, "")
    assert "app  passed" in done.out
    assert signal.getsignal(signal.SIGTERM) == before


def test_webhook_of_the_users_own_settings_gets_the_run(
    home: Path, ended: Callable[[int, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    posted: list[Any] = []
    monkeypatch.setattr(Webhook, "post", lambda self, document: posted.append(document))
    write_tree(
        home.parent / "config/codesearch", {"config.toml": '[audit]\nwebhook = "https://example.org/x"\n'}
    )
    add("app")
    done = call("schedule", "run", "app", "--once", "--json")
    assert posted == [done.document]


def test_webhook_of_a_project_is_ignored_with_a_warning(
    home: Path, ended: Callable[[int, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Webhook, "post", lambda self, document: pytest.fail("posted"))
    write_tree(home, {"codesearch.toml": '[audit]\nwebhook = "https://evil.example.org/"\n'})
    add("app")
    done = call("schedule", "run", "app", "--once")
    assert done.code == 0
    assert "ignored audit.webhook" in done.err


def test_webhook_that_fails_is_recorded_and_not_fatal(
    home: Path, ended: Callable[[int, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Webhook, document: object) -> None:
        raise EnvironmentFailure("the webhook answered 500", "check audit.webhook")

    monkeypatch.setattr(Webhook, "post", refuse)
    monkeypatch.setenv("CODESEARCH_AUDIT__WEBHOOK", "https://example.org/sesame")
    add("app")
    done = call("schedule", "run", "app", "--once")
    assert done.code == 0
    assert "the webhook answered 500" in done.err
    assert listed()[0]["last_failure"] == "the webhook answered 500: check audit.webhook"
    shown = call("schedule", "list")
    assert "the webhook answered 500" in shown.out
    assert "sesame" not in done.out + done.err + shown.out + call("config", "show", "--origin").out


def test_webhook_that_is_no_address_is_refused_before_anything_runs(
    home: Path, ended: Callable[[int, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODESEARCH_AUDIT__WEBHOOK", "http://example.org/sesame")
    add("app")
    done = call("schedule", "run", "app", "--once")
    assert done.code == 2
    assert done.error.startswith("audit.webhook is not an address to post to")
    assert "sesame" not in done.err


def test_list_for_people_says_when_what_and_how_it_went(home: Path) -> None:
    assert call("schedule", "list").out == "no schedules: add one with `codesearch schedule add`\n"
    added = add("--timezone", "UTC", "app", "--", "-o", "my clones.txt")
    due = added["next_run_at"][:16].replace("T", " ")
    assert call("schedule", "list").out.splitlines() == [
        "1  app",
        f"   audit -o 'my clones.txt' {home / 'app'}",
        f"   0 3 * * * UTC, next {due} UTC",
    ]


def test_scheduled_audit_is_the_real_one(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    write_tree(user / "app", {"a.py": tally("a"), "b.py": tally("b")})
    assert call("index", "app", "--no-embed").code == 0
    add("app", "--", "--fail-on", "any", "-f", "json", "-o", "clones.json")
    done = call("schedule", "run", "app", "--once", "--json")
    assert (done.code, done.err) == (1, "")
    [run] = json.loads(done.out)["runs"]
    assert (run["status"], run["failure"], run["audit"]["summary"]["classes"]) == ("gate_closed", None, 1)
    assert json.loads((user / "clones.json").read_text())["schema"] == "codesearch.audit/1"


def test_a_schedule_does_not_change_the_help_of_an_audit(tmp_path: Path) -> None:
    from codesearch.cli.page import pages

    before = pages()["cli.md"]
    assert call("schedule", "add", "--cron", "0 3 * * *", tmp_path).code in {0, 3}
    assert pages()["cli.md"] == before
