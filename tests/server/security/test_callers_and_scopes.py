from __future__ import annotations

from pathlib import Path

import pytest
from guarded_site import OPEN_TO_OTHERS, Site, bearer, guarded_site
from starlette.testclient import TestClient

from codesearch.core.store.tokens import USE_PRECISION
from codesearch.core.tokens import Scope, TokenText

STATUS = "/api/v1/status"


def test_whoever_works_on_this_machine_may_do_everything(site: Site) -> None:
    client = site.client()
    assert client.get(STATUS).status_code == 200
    assert client.post("/api/v1/jobs").status_code == 200
    assert client.post("/api/v1/schedules").status_code == 200


def test_other_machines_need_a_token(open_site: Site) -> None:
    answer = open_site.client("192.0.2.7").get(STATUS)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="codesearch"'
    assert answer.headers["Content-Type"] == "application/problem+json"
    answer = open_site.client("192.0.2.7").get(STATUS, headers=bearer(open_site.token()))
    assert (answer.status_code, answer.json()) == (200, {"status": "fine"})


def test_this_machine_needs_one_too_when_others_reach_the_server(open_site: Site) -> None:
    assert open_site.client("127.0.0.1").get(STATUS).status_code == 401


@pytest.mark.parametrize(
    "changed", [{"require_token": True}, {"allowed_hosts": ("clones.example.org",)}, {"host": "192.0.2.1"}]
)
def test_token_is_needed_where_settings_say_so(tmp_path: Path, changed: dict[str, object]) -> None:
    with guarded_site(tmp_path, None, **changed) as site:
        host = f"{site.options.host}:8765"
        assert site.client(host=host).get(STATUS).status_code == 401
        assert site.client(host=host).get(STATUS, headers=bearer(site.token())).status_code == 200


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_caller_behind_a_proxy_on_this_machine_is_not_on_this_machine(site: Site, name: str) -> None:
    assert site.client().get(STATUS, headers={name: "203.0.113.9"}).status_code == 401


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        (Scope.READ, [200, 403, 403]),
        (Scope.WRITE, [200, 200, 403]),
        (Scope.ADMIN, [200, 200, 200]),
    ],
)
def test_scope_of_a_token_bounds_what_it_does(open_site: Site, scope: Scope, allowed: list[int]) -> None:
    client, headers = open_site.client(), bearer(open_site.token(scope))
    answers = [
        client.get(STATUS, headers=headers),
        client.post("/api/v1/jobs", headers=headers),
        client.post("/api/v1/schedules", headers=headers),
    ]
    assert [answer.status_code for answer in answers] == allowed


def test_token_on_this_machine_does_no_more_than_its_scope(site: Site) -> None:
    answer = site.client().post("/api/v1/jobs", headers=bearer(site.token(Scope.READ)))
    assert answer.status_code == 403
    assert "codesearch token create --scope write" in answer.json()["hint"]


def test_revoked_and_expired_tokens_stop_at_once(open_site: Site) -> None:
    client = open_site.client()
    revoked, expired = open_site.token(), open_site.token(lifetime=3600)
    assert [client.get(STATUS, headers=bearer(text)).status_code for text in (revoked, expired)] == [200, 200]
    open_site.revoke(revoked)
    open_site.expire(expired)
    assert [client.get(STATUS, headers=bearer(text)).status_code for text in (revoked, expired)] == [401, 401]


def test_token_that_does_not_work_is_refused_even_where_none_is_needed(site: Site) -> None:
    text = site.token()
    site.revoke(text)
    assert site.client().get(STATUS, headers=bearer(text)).status_code == 401


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer csk_",
        "Basic dXNlcjpwYXNz",
        "Bearer {id}",
        "Bearer csk_{id}_{zeros}",
        "Bearer csk_{id}_{upper}",
        "Bearer csk_000000000000_{secret}",
        "Bearer csk_{id}_{secret}0",
        "Bearer csk_' OR 1=1 --_{secret}",
        "Bearer csk_{id}_{secret} x",
        "{token}",
    ],
)
def test_nothing_like_a_token_is_taken_for_one(open_site: Site, authorization: str) -> None:
    text = open_site.token()
    value = authorization.format(
        id=text.id, secret=text.secret, upper=text.secret.upper() + "A", zeros="0" * 64, token=text
    )
    answer = open_site.client().get(STATUS, headers={"Authorization": value})
    assert answer.status_code == 401
    assert text.secret not in answer.text


@pytest.mark.parametrize("name", ["token", "access_token", "authorization", "Authorization"])
def test_token_in_an_address_or_a_cookie_is_ignored(open_site: Site, name: str) -> None:
    text = open_site.token(Scope.ADMIN)
    client = open_site.client()
    assert client.get(STATUS, params={name: str(text)}).status_code == 401
    assert client.get(STATUS, headers={"Cookie": f"{name}={text}"}).status_code == 401


def test_use_of_a_token_is_noted_now_and_then(open_site: Site) -> None:
    text = open_site.token()
    client = open_site.client()
    for _ in range(3):
        client.get(STATUS, headers=bearer(text))
    open_site.access.close()
    [token] = open_site.tokens()
    assert token.last_used_at is not None
    assert token.last_used_at - token.created_at < USE_PRECISION


def test_store_that_was_replaced_is_the_one_asked(tmp_path: Path) -> None:
    old, new = tmp_path / "index", tmp_path / "repaired"
    old.mkdir()
    new.mkdir()
    with guarded_site(old, OPEN_TO_OTHERS) as site, guarded_site(new, OPEN_TO_OTHERS) as other:
        before, after = site.token(), other.token()
        client = site.client()
        assert client.get(STATUS, headers=bearer(before)).status_code == 200
        old.rename(tmp_path / "damaged")
        new.rename(old)
        assert client.get(STATUS, headers=bearer(before)).status_code == 401
        assert client.get(STATUS, headers=bearer(after)).status_code == 200


def enter(client: TestClient, text: TokenText) -> None:
    assert client.post("/enter", params={"token": str(text)}).status_code == 200


def test_session_does_what_its_token_may(open_site: Site) -> None:
    client = open_site.client()
    enter(client, open_site.token(Scope.WRITE))
    assert client.get(STATUS).status_code == 200
    assert client.post("/api/v1/jobs").status_code == 200
    assert client.post("/api/v1/schedules").status_code == 403


def test_session_ends_with_its_token(open_site: Site) -> None:
    revoked, expired = open_site.token(), open_site.token(lifetime=60)
    for text, end in ((revoked, open_site.revoke), (expired, open_site.expire)):
        client = open_site.client()
        enter(client, text)
        assert client.get(STATUS).status_code == 200
        end(text)
        assert client.get(STATUS).status_code == 401


def test_cookie_of_a_session_is_for_this_server_and_no_script(open_site: Site) -> None:
    text = open_site.token()
    cookie = open_site.client().post("/enter", params={"token": str(text)}).headers["Set-Cookie"]
    assert cookie.startswith("codesearch-8765=")
    assert cookie.endswith("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict")
    assert text.secret not in cookie


@pytest.mark.parametrize("headers", [{}, {"X-Forwarded-Proto": "https"}])
def test_cookie_is_sent_by_tls_alone_where_there_is_tls(tmp_path: Path, headers: dict[str, str]) -> None:
    with guarded_site(tmp_path, OPEN_TO_OTHERS, https=not headers) as site:
        text = site.token()
        answer = site.client().post("/enter", params={"token": str(text)}, headers=headers)
        cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-codesearch-8765=")
    assert cookie.endswith("; Secure")


def test_cookie_that_was_tampered_with_is_worth_nothing(open_site: Site) -> None:
    client = open_site.client()
    enter(client, open_site.token(Scope.ADMIN))
    [(name, value)] = client.cookies.items()
    for position in range(0, len(value) - 1, 7):  # the last one has bits that mean nothing
        other = "B" if value[position] == "A" else "A"
        changed = value[:position] + other + value[position + 1 :]
        answer = open_site.client().get(STATUS, headers={"Cookie": f"{name}={changed}"})
        assert answer.status_code == 401, position
    assert client.get(STATUS).status_code == 200


def test_session_is_worth_nothing_to_a_server_of_another_index(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with (
        guarded_site(tmp_path, OPEN_TO_OTHERS) as site,
        guarded_site(tmp_path / "other", OPEN_TO_OTHERS) as other,
    ):
        text = site.token(Scope.ADMIN)
        same_id = TokenText(text.id, "0" * 64)
        with other.database.write() as connection:
            from codesearch.core.store.tokens import add_token

            add_token(connection, same_id, "other", Scope.ADMIN, None)
        client = site.client()
        enter(client, text)
        [(name, value)] = client.cookies.items()
        answer = other.client().get(STATUS, headers={"Cookie": f"{name}={value}"})
    assert answer.status_code == 401


def test_health_is_told_to_everybody(open_site: Site) -> None:
    assert open_site.client().get("/api/v1/health").status_code == 200
