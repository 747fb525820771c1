"""The sign-in page of the whole application, which asks for a token."""

from __future__ import annotations

import re

import pytest
from commandline import call
from own_server import user_engine
from starlette.testclient import TestClient

from codesearch.core.errors import UsageError
from codesearch.server.run import server_state


def csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def sign_in(browser: TestClient, token: str, place: str = "/") -> tuple[int, str]:
    """Fill in the form; returns the status and where it leads."""
    form = {"csrf": csrf(browser.get("/login").text), "token": token, "next": place}
    answer = browser.post("/login", data=form)
    return answer.status_code, answer.headers.get("Location", "")


def test_stranger_signs_in_and_is_where_they_wanted_to_be(browser: TestClient, token: str) -> None:
    sent = browser.get("/corpora")
    assert (sent.status_code, sent.headers["Location"]) == (303, "/login?next=/corpora")
    page = browser.get(sent.headers["Location"])
    assert 'value="/corpora"' in page.text
    assert sign_in(browser, token, "/corpora") == (303, "/corpora")
    assert browser.get("/corpora").status_code == 200
    assert browser.get("/login?next=/corpora").headers["Location"] == "/corpora"


def test_signed_out_browser_is_a_stranger_again(browser: TestClient, token: str) -> None:
    sign_in(browser, token)
    page = browser.get("/")
    assert "phone" in page.text
    assert browser.post("/logout", data={"csrf": csrf(page.text)}).status_code == 303
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize("wrong", ["", "csk_1", "csk_" + "0" * 12 + "_" + "0" * 64, "<script>", "x" * 900])
def test_wrong_token_is_told_on_the_page_and_not_repeated(browser: TestClient, wrong: str) -> None:
    page = browser.get("/login").text
    answer = browser.post("/login", data={"csrf": csrf(page), "token": wrong})
    assert answer.status_code == 401
    assert "this token does not work" in answer.text
    assert not wrong or wrong not in answer.text.replace("<script src", "")
    assert browser.get("/").status_code == 303


def test_revoked_token_ends_the_session_it_began(browser: TestClient, token: str) -> None:
    sign_in(browser, token)
    assert browser.get("/").status_code == 200
    assert call("token", "revoke", "phone").code == 0
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize("place", ["//evil.example", "/\\evil.example", "https://evil.example", "/\r\nX: y"])
def test_sign_in_leads_to_no_other_server(browser: TestClient, token: str, place: str) -> None:
    assert 'value="/"' in browser.get("/login", params={"next": place}).text
    assert sign_in(browser, token, place) == (303, "/")


def test_sign_in_of_another_site_is_refused(browser: TestClient, token: str) -> None:
    page = browser.get("/login").text
    form = {"csrf": csrf(page), "token": token}
    assert browser.post("/login", data=form, headers={"Origin": "http://evil.example"}).status_code == 403
    assert browser.post("/login", data={"token": token}).status_code == 403
    assert browser.get("/").status_code == 303


def test_server_for_others_does_not_start_without_a_token(
    own_index: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODESEARCH_SERVER__HOST", "0.0.0.0")  # noqa: S104 - nothing listens here
    with pytest.raises(UsageError, match="codesearch token create"):
        server_state(user_engine(), 8765)
