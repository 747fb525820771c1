from __future__ import annotations

from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from guarded_site import Site
from hypothesis import example, given
from hypothesis import strategies as st

from codesearch.server.security.signing_in import place_here, sign_in_address

PAGE = {"Accept": "text/html,application/xhtml+xml"}


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "///evil.example",
        "https://evil.example/",
        "https:evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/\t/evil.example",
        "/\r\nLocation: https://evil.example",
        "/\r\n\r\n<script>",
        "/a b",
        "/audits\x00",
        "/ü",
        "evil.example",
        "?x",
        "",
        " /",
        "/login",
        "/login?next=/login",
        "/" + "x" * 10_000,
    ],
)
def test_nobody_is_sent_to_another_server(address: str) -> None:
    assert place_here(address) == "/"


@pytest.mark.parametrize(
    "address", ["/", "/audits?sort=lines&offset=20", "/?code=a%20b%0A", "/file#L3", "/a//b"]
)
def test_pages_of_this_server_are_gone_on_to(address: str) -> None:
    assert place_here(address) == address


@given(st.text(alphabet="/\\.:@?#\t\r\n evilhttps%0A2F-", max_size=20))
@example("/.//evil.example")
def test_browser_stays_on_this_server_whatever_was_named(address: str) -> None:
    place = place_here(address)
    # As browsers read addresses: both slashes are one, tabs and line ends are not there.
    seen = urljoin("http://127.0.0.1:8765/login", place.replace("\\", "/"))
    assert urlsplit(seen).netloc == "127.0.0.1:8765"
    assert parse_qs(urlsplit(sign_in_address(address)).query)["next"] == [place]
    assert place.isascii() and place.isprintable()


def test_stranger_who_opens_a_page_is_shown_the_way(open_site: Site) -> None:
    answer = open_site.client().get("/audits/7?sort=lines&path=a%2Fb", headers=PAGE)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/login?next=/audits/7%3Fsort%3Dlines%26path%3Da%252Fb"
    assert answer.headers["Cache-Control"] == "no-store"


def test_program_is_told_401(open_site: Site) -> None:
    for path, accept in (("/api/v1/status", "text/html"), ("/", "application/json")):
        assert open_site.client().get(path, headers={"Accept": accept}).status_code == 401


def test_wrong_token_is_told_401_also_on_a_page(open_site: Site) -> None:
    headers = {**PAGE, "Authorization": "Bearer csk_1"}
    assert open_site.client().get("/", headers=headers).status_code == 401


def test_part_of_a_page_has_the_whole_page_go_to_the_sign_in(open_site: Site) -> None:
    headers = {**PAGE, "HX-Request": "true", "HX-Current-URL": "http://127.0.0.1:8765/audits/7?a=b"}
    answer = open_site.client().post("/form", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login?next=/audits/7%3Fa%3Db"


@pytest.mark.parametrize("address", ["http://[", "http://[::1", "//[x]/a"])
def test_page_without_an_address_is_left_for_the_first_one(open_site: Site, site: Site, address: str) -> None:
    headers = {**PAGE, "HX-Request": "true", "HX-Current-URL": address}
    assert open_site.client().get("/", headers=headers).headers["HX-Redirect"] == "/login?next=/"
    assert site.client().get("/", headers=headers).status_code == 200


def test_form_sent_too_late_leads_to_the_first_page(open_site: Site) -> None:
    answer = open_site.client().post("/form", headers=PAGE)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login?next=/")
