from __future__ import annotations

import pytest
from guarded_site import Site, bearer

from codesearch.core.tokens import Scope


def test_form_of_a_page_is_taken(site: Site) -> None:
    client = site.client()
    token = client.get("/").text
    assert client.post("/form", data={"csrf": token}).text == "local"
    assert client.post("/form", headers={"X-CSRF-Token": token}).text == "local"


def test_token_stays_the_same_while_the_session_lasts(site: Site) -> None:
    client = site.client()
    first = client.get("/")
    second = client.get("/")
    assert first.text == second.text
    assert "Set-Cookie" in first.headers
    assert "Set-Cookie" not in second.headers


@pytest.mark.parametrize("given", [None, "", "0", "ü", "A" * 43, "\x00"])
def test_form_without_the_token_of_its_session_is_refused(site: Site, given: str | None) -> None:
    client = site.client()
    client.get("/")
    answer = client.post("/form", data={} if given is None else {"csrf": given})
    assert answer.status_code == 403
    assert "reload the page" in answer.text


def test_token_of_another_session_is_refused(site: Site) -> None:
    mine, theirs = site.client(), site.client()
    mine.get("/")
    assert mine.post("/form", data={"csrf": theirs.get("/").text}).status_code == 403


def test_token_in_the_address_is_refused(site: Site) -> None:
    client = site.client()
    assert client.post("/form", params={"csrf": client.get("/").text}).status_code == 403


def test_token_without_a_cookie_is_refused(site: Site) -> None:
    token = site.client().get("/").text
    assert site.client().post("/form", data={"csrf": token}).status_code == 403


def test_file_in_place_of_the_token_is_refused(site: Site) -> None:
    client = site.client()
    client.get("/")
    assert client.post("/form", files={"csrf": ("name", b"text")}).status_code == 403


def test_token_of_before_the_sign_in_is_worth_nothing_after_it(open_site: Site) -> None:
    client = open_site.client()
    client.post("/enter", params={"token": str(open_site.token())})
    before = client.get("/").text
    assert client.post("/form", data={"csrf": before}).status_code == 200
    client.post("/enter", params={"token": str(open_site.token())})
    assert client.post("/form", data={"csrf": before}).status_code == 403
    assert client.post("/form", data={"csrf": client.get("/").text}).status_code == 200


def test_program_with_a_token_needs_none(open_site: Site) -> None:
    headers = bearer(open_site.token(Scope.WRITE))
    assert open_site.client().post("/form", headers=headers).text == "write-token"
