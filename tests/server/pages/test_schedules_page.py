from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pytest
from starlette.testclient import TestClient

FORM = {
    "name": "nightly",
    "cron": "0 3 * * *",
    "timezone": "Europe/Berlin",
    "types": ["T1"],
    "roles": ["source"],
}


def page(client: TestClient, address: str = "/schedules") -> str:
    answer = client.get(address, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    html: str = answer.text
    return html


def sent(client: TestClient, address: str, form: Mapping[str, object] | None = None) -> tuple[int, str]:
    """Status and text of what a browser gets that fills in a form of the page."""
    token = re.search(r'name="csrf" value="([^"]+)"', page(client))
    assert token is not None
    answer = client.post(address, data={"csrf": token[1], **(form or {})}, headers={"Accept": "text/html"})
    return answer.status_code, answer.text


@pytest.fixture
def tidy_client(client: TestClient) -> Iterator[TestClient]:
    """The client, with every schedule removed afterwards."""
    yield client
    for schedule in client.get("/api/v1/schedules").json()["items"]:
        client.delete(f"/api/v1/schedules/{schedule['id']}")


def number_of(client: TestClient) -> int:
    [schedule] = client.get("/api/v1/schedules").json()["items"]
    return int(schedule["id"])


def test_without_schedules_the_page_says_what_they_are_for(client: TestClient) -> None:
    assert "Nothing is scheduled" in page(client)
    assert "No audit is scheduled" in page(client, "/corpora")


def test_an_added_schedule_is_shown_in_words_here_and_with_the_corpora(tidy_client: TestClient) -> None:
    assert sent(tidy_client, "/schedules", {**FORM, "gate": "duplication", "limit": "3"})[0] == 303
    for address in ("/schedules", "/corpora"):
        html = page(tidy_client, address)
        assert "every day at 03:00" in html
        assert "03:00 Europe/Berlin" in html
        assert "--fail-on duplication&gt;3%" in html
        assert "not run yet" in html


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"cron": "at night"}, "is no cron expression"),
        ({"timezone": "Mars/Crater"}, "no time zone"),
        ({"corpora": ["/etc"]}, "no corpus"),
        ({"min_lines": "many"}, "is no number of lines"),
        ({"min_lines": "1"}, "the index leaves out"),
        ({"gate": "duplication", "limit": "a lot"}, "not a condition"),
        ({"languages": ["klingon"]}, "klingon"),
    ],
)
def test_what_does_not_fit_is_told_and_what_was_typed_is_kept(
    client: TestClient, changed: dict[str, object], told: str
) -> None:
    status, html = sent(client, "/schedules", {**FORM, "name": "my name", **changed})
    assert status == 400
    assert told in html
    assert 'value="my name"' in html


def test_a_schedule_is_paused_resumed_made_due_and_removed(tidy_client: TestClient) -> None:
    sent(tidy_client, "/schedules", FORM)
    number = number_of(tidy_client)
    assert sent(tidy_client, f"/schedules/{number}/pause")[0] == 303
    assert "not while paused" in page(tidy_client)
    assert sent(tidy_client, f"/schedules/{number}/run")[0] == 400
    assert sent(tidy_client, f"/schedules/{number}/resume")[0] == 303
    assert sent(tidy_client, f"/schedules/{number}/run")[0] == 303
    assert sent(tidy_client, f"/schedules/{number}/remove")[0] == 303
    assert "Nothing is scheduled" in page(tidy_client)
    assert sent(tidy_client, f"/schedules/{number}/remove")[0] == 404


def test_forms_of_other_sites_change_nothing(client: TestClient) -> None:
    answer = client.post("/schedules", data={**FORM, "csrf": "guessed"})
    assert answer.status_code == 403
    assert "Nothing is scheduled" in page(client)
