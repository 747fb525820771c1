from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from commandline import call
from starlette.testclient import TestClient

from codesearch.server.models.schedules import Schedule, ScheduleDocument, SchedulesDocument

SCHEDULES = "/api/v1/schedules"
NIGHTLY = {"name": "nightly", "cron": "0  3 * * *", "timezone": "Europe/Berlin", "corpora": ["corpus"]}


@pytest.fixture
def tidy_client(client: TestClient) -> Iterator[TestClient]:
    """The client, with every schedule removed afterwards."""
    yield client
    for schedule in client.get(SCHEDULES).json()["items"]:
        client.delete(f"{SCHEDULES}/{schedule['id']}")


def added(client: TestClient, **fields: object) -> dict[str, Any]:
    answer = client.post(SCHEDULES, json={**NIGHTLY, **fields})
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    ScheduleDocument.model_validate(document)
    return fields_of(document)


def fields_of(document: dict[str, Any]) -> dict[str, Any]:
    """A schedule as lists have it."""
    return {name: value for name, value in document.items() if name not in {"schema", "degraded"}}


def test_an_added_schedule_is_listed_as_its_model_says(tidy_client: TestClient) -> None:
    schedule = added(tidy_client)
    assert schedule["cron"] == "0 3 * * *"
    assert schedule["options"] == []
    assert schedule["next_run_at"].endswith("+00:00")
    assert Schedule.model_validate(schedule).model_dump(mode="json") == schedule
    page = tidy_client.get(SCHEDULES).json()
    SchedulesDocument.model_validate(page)
    assert page["items"] == [schedule]
    assert page["total"] == 1
    assert fields_of(tidy_client.get(f"{SCHEDULES}/{schedule['id']}").json()) == schedule


def test_its_answer_says_where_it_is(tidy_client: TestClient) -> None:
    answer = tidy_client.post(SCHEDULES, json=NIGHTLY)
    assert tidy_client.get(answer.headers["location"]).json() == answer.json()


def test_an_unchanged_list_is_not_sent_again(tidy_client: TestClient) -> None:
    tag = tidy_client.get(SCHEDULES).headers["etag"]
    assert tidy_client.get(SCHEDULES, headers={"If-None-Match": tag}).status_code == 304
    added(tidy_client)
    assert tidy_client.get(SCHEDULES, headers={"If-None-Match": tag}).status_code == 200


def test_options_become_words_of_the_audit(tidy_client: TestClient) -> None:
    options = {
        "types": ["T1", "T2"],
        "roles": ["test", "source"],
        "languages": ["py"],
        "min_lines": 8,
        "min_tokens": 40,
        "fail_on": ["duplication > 3", "any"],
    }
    words = added(tidy_client, options=options)["options"]
    assert words == [
        *("--types", "T1,T2", "--role", "source", "--role", "test", "--lang", "python"),
        *("--min-lines", "8", "--min-tokens", "40", "--fail-on", "duplication>3%", "--fail-on", "any"),
    ]


def test_the_command_line_runs_what_was_added(own_client: TestClient) -> None:
    number = added(own_client, options={"fail_on": ["any"], "roles": ["source", "test"]})["id"]
    ran = call("schedule", "run", "nightly", "--once", "--json")
    assert ran.code == 1, ran.err
    assert own_client.get(f"{SCHEDULES}/{number}").json()["last_status"] == "gate_closed"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"cron": "every night"}, 400),
        ({"cron": "0 0 31 2 *"}, 400),
        ({"timezone": "Middle/Earth"}, 400),
        ({"corpora": ["/etc"]}, 400),
        ({"corpora": ["../outside"]}, 400),
        ({"name": "two\nlines"}, 400),
        ({"options": {"languages": ["klingon"]}}, 400),
        ({"options": {"fail_on": ["new"]}}, 400),
        ({"options": {"fail_on": ["-o/tmp/report"]}}, 400),
        ({"options": {"min_lines": 1}}, 400),
        ({"options": {"output": "/tmp/report"}}, 422),
        ({"options": ["-o", "/tmp/report"]}, 422),
        ({"options": {"types": []}}, 422),
        ({"folder": "/tmp"}, 422),
        ({"paths": ["/etc"]}, 422),
    ],
)
def test_what_cannot_be_scheduled_is_refused(
    client: TestClient, fields: dict[str, object], status: int
) -> None:
    answer = client.post(SCHEDULES, json={**NIGHTLY, **fields})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.get(SCHEDULES).json()["total"] == 0


def test_a_name_is_given_once(tidy_client: TestClient) -> None:
    added(tidy_client)
    assert tidy_client.post(SCHEDULES, json=NIGHTLY).status_code == 409


def test_schedules_without_a_name_are_called_like_their_corpus(tidy_client: TestClient) -> None:
    names = [added(tidy_client, name="")["name"] for _ in range(2)]
    assert names == ["corpus", "corpus-2"]


def test_a_schedule_is_paused_and_resumed(tidy_client: TestClient) -> None:
    number = added(tidy_client)["id"]
    paused = tidy_client.patch(f"{SCHEDULES}/{number}", json={"enabled": False}).json()
    assert paused["enabled"] is False
    assert paused["next_run_at"] is None
    assert tidy_client.post(f"{SCHEDULES}/{number}/run").status_code == 400
    resumed = tidy_client.patch(f"{SCHEDULES}/{number}", json={"enabled": True}).json()
    assert resumed["enabled"] is True
    assert resumed["next_run_at"]


def test_a_schedule_gets_other_times(tidy_client: TestClient) -> None:
    before = added(tidy_client)
    after = tidy_client.patch(
        f"{SCHEDULES}/{before['id']}", json={"cron": "30 6 * * 1-5", "timezone": "UTC"}
    ).json()
    assert (after["cron"], after["timezone"]) == ("30 6 * * 1-5", "UTC")
    assert after["next_run_at"].endswith("T06:30:00+00:00")
    refused = tidy_client.patch(f"{SCHEDULES}/{before['id']}", json={"cron": "never"})
    assert refused.status_code == 400
    assert tidy_client.get(f"{SCHEDULES}/{before['id']}").json() == after


def test_run_now_makes_it_due(tidy_client: TestClient) -> None:
    schedule = added(tidy_client)
    answer = tidy_client.post(f"{SCHEDULES}/{schedule['id']}/run")
    assert answer.status_code == 202
    assert answer.json()["next_run_at"] < schedule["next_run_at"]


def test_a_removed_schedule_is_gone(tidy_client: TestClient) -> None:
    number = added(tidy_client)["id"]
    assert tidy_client.delete(f"{SCHEDULES}/{number}").status_code == 204
    for method in ("get", "delete"):
        assert getattr(tidy_client, method)(f"{SCHEDULES}/{number}").status_code == 404
    assert tidy_client.patch(f"{SCHEDULES}/{number}", json={"enabled": True}).status_code == 404


def test_schedules_need_the_scope_admin(own_client: TestClient) -> None:
    made = call("token", "create", "--name", "writer", "--scope", "write")
    token = next(word for word in made.out.split() if word.startswith("csk_"))
    headers = {"Authorization": f"Bearer {token}"}
    assert own_client.get(SCHEDULES, headers=headers).status_code == 200
    assert own_client.post(SCHEDULES, json=NIGHTLY, headers=headers).status_code == 403
    assert own_client.delete(f"{SCHEDULES}/1", headers=headers).status_code == 403
