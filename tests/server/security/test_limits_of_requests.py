"""Size, time and rate of requests, and the headers of their answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from guarded_site import OPEN_TO_OTHERS, PRIVATE_CODE, Site, bearer, guarded_site

from codesearch.server.security.headers import CONTENT_SECURITY_POLICY
from codesearch.serving.sources import MOST_CODE

STATUS = "/api/v1/status"
QUERY = "/api/v1/query"
JSON = {"Content-Type": "application/json"}
CODE = 2 * 3 * MOST_CODE + (64 << 10)
"""Bytes that a request with code may have: two sides, escaped."""
IMPORT = (4 << 20) + (64 << 10)


def chunks(size: int) -> Iterator[bytes]:
    for begin in range(0, size, 50_000):
        yield b"x" * min(50_000, size - begin)


@pytest.mark.parametrize(
    ("path", "most"), [(QUERY, CODE), ("/settings-form", 4096), ("/api/v1/feedback/import", IMPORT)]
)
def test_body_is_read_up_to_its_limit(site: Site, path: str, most: int) -> None:
    client = site.client()
    answers = [
        client.post(path, content=b"x" * most, headers=JSON),
        client.post(path, content=chunks(most), headers=JSON),
        client.post(path, content=b"x" * (most + 1), headers=JSON),
        client.post(path, content=chunks(most + 1), headers=JSON),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 413, 413]
    assert answers[0].json() == answers[1].json() == {"bytes": most}
    for answer in answers[2:]:
        assert f"{most:,} bytes" in answer.text
        assert answer.headers["Connection"] == "close"


def test_large_body_of_a_typed_route_is_413_too(site: Site) -> None:
    answer = site.client().post("/api/v1/typed", content=chunks(CODE + 1), headers=JSON)
    assert answer.status_code == 413
    assert answer.json()["title"]


def test_strangers_are_told_so_before_their_code_is_read(open_site: Site) -> None:
    answers = [
        open_site.client().post("/api/v1/typed", content=b"x" * 5000, headers=JSON),
        open_site.client().post("/api/v1/typed", content=chunks(10_000), headers=JSON),
        open_site.client().post("/api/v1/typed", content=b"{}", headers=JSON),
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert [answer.headers.get("Connection") for answer in answers] == ["close", "close", None]


def test_hundred_megabytes_are_refused(site: Site) -> None:
    answer = site.client().post(QUERY, content=bytes(100 << 20), headers=JSON)
    assert answer.status_code == 413


def test_flood_of_unknown_fields_is_refused_before_each_is_named(site: Site) -> None:
    fields = ",".join(f'"k{number}": 1' for number in range(200_000))
    answer = site.client().post("/api/v1/typed", content=f"{{{fields}}}", headers=JSON)
    assert answer.status_code == 413


def test_length_stated_in_two_ways_is_refused(site: Site) -> None:
    headers = {**JSON, "Content-Length": "5", "Transfer-Encoding": "chunked"}
    answer = site.client().post(QUERY, content=b"hello", headers=headers)
    assert answer.status_code == 400
    assert answer.headers["Connection"] == "close"


def test_request_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with guarded_site(tmp_path, request_seconds=0.05) as site:
        answer = site.client().get("/api/v1/slow")
    assert answer.status_code == 504
    assert answer.json()["detail"] == "no answer within 0.05 s"


def test_events_go_on_for_longer(tmp_path: Path) -> None:
    with guarded_site(tmp_path, request_seconds=0.05) as site:
        answer = site.client().get("/api/v1/events")
    assert answer.text == "data: 0\n\ndata: 1\n\ndata: 2\n\n"


def test_who_asks_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    with guarded_site(tmp_path, OPEN_TO_OTHERS, rate_per_minute=3) as site:
        headers = bearer(site.token())
        answers = [site.client("192.0.2.1").get(STATUS, headers=headers) for _ in range(3)]
        # Another address is no other caller, another token is.
        answers.append(site.client("192.0.2.2").get(STATUS, headers=headers))
        other = site.client("192.0.2.1").get(STATUS, headers=bearer(site.token()))
    assert [answer.status_code for answer in (*answers, other)] == [200, 200, 200, 429, 200]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert answers[-1].headers["RateLimit-Limit"] == "3"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 120
    assert answers[-1].json()["title"] == "Too Many Requests"


def test_guesses_and_strangers_are_counted_by_address(tmp_path: Path) -> None:
    with guarded_site(tmp_path, OPEN_TO_OTHERS, rate_per_minute=2) as site:
        guess = {"Authorization": "Bearer csk_000000000000_" + "0" * 64}
        statuses = [
            site.client("192.0.2.1").get(STATUS, headers=guess).status_code,
            site.client("192.0.2.1").get(STATUS).status_code,
            site.client("192.0.2.1").get(STATUS, headers=guess).status_code,
            site.client("192.0.2.2").get(STATUS).status_code,
            site.client("192.0.2.1").get(STATUS, headers=bearer(site.token())).status_code,
        ]
    assert statuses == [401, 401, 429, 401, 200]


def test_addresses_of_one_household_are_one(tmp_path: Path) -> None:
    with guarded_site(tmp_path, OPEN_TO_OTHERS, rate_per_minute=1) as site:
        ours = [site.client(f"2001:db8:1:2::{n}").get(STATUS).status_code for n in (1, 2)]
        other = site.client("2001:db8:1:3::1").get(STATUS).status_code
    assert (ours, other) == ([401, 429], 401)


def test_one_user_on_this_machine_has_a_limit_of_their_own(tmp_path: Path) -> None:
    with guarded_site(tmp_path, rate_per_minute=1, rate_per_minute_local=5) as site:
        statuses = [site.client().get(STATUS).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]


def test_limit_of_zero_is_none_and_supervisors_are_not_counted(tmp_path: Path) -> None:
    with guarded_site(tmp_path, rate_per_minute_local=0) as site:
        assert {site.client().get(STATUS).status_code for _ in range(20)} == {200}
    (tmp_path / "counted").mkdir()
    with guarded_site(tmp_path / "counted", rate_per_minute_local=1) as site:
        assert {site.client().get("/api/v1/health").status_code for _ in range(5)} == {200}


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), (STATUS, 200), ("/nowhere", 404), ("/broken", 500), ("/api/v1/broken", 500)],
)
def test_every_answer_says_what_browsers_may_do_with_it(site: Site, path: str, status: int) -> None:
    answer = site.client().get(path)
    assert answer.status_code == status
    assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "camera=()" in answer.headers["Permissions-Policy"]


def test_refusals_have_these_headers_too(site: Site) -> None:
    for answer in (
        site.client(host="evil.example").get(STATUS),
        site.client().post("/form", headers={"Origin": "null"}),
        site.client().post("/settings-form", content=bytes(5000)),
    ):
        assert answer.status_code in {403, 413, 421}
        assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY


def test_route_that_says_what_may_be_kept_means_it(site: Site) -> None:
    assert site.client().get("/cached").headers["Cache-Control"] == "private, no-cache"
    assert "immutable" in site.client().get("/static/site.css?v=abc").headers["Cache-Control"]
    assert site.client().get("/static/site.css").headers["Cache-Control"] == "no-cache"


def test_what_nobody_foresaw_is_told_without_a_detail(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    answer = site.client().get("/api/v1/broken")
    assert answer.status_code == 500
    assert "ValueError" not in answer.text
    assert PRIVATE_CODE not in answer.text
    assert PRIVATE_CODE not in caplog.text
