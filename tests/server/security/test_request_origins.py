"""DNS rebinding, pages of other sites, and what they could have a browser send."""

from __future__ import annotations

from pathlib import Path

import pytest
from guarded_site import OPEN_TO_OTHERS, Options, Site, bearer, guarded_site

from codesearch.core.tokens import Scope
from codesearch.server.security.hosts import ServerNames

STATUS = "/api/v1/status"
JOBS = "/api/v1/jobs"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8765",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8765",
        "localhost@evil.example",
        "192.0.2.1:8765",
        "127.0.0.1:8765/",
        "127.0.0.1:8765,evil.example",
        "127.0.0.1:port",
        "[::1",
        "",
        "api/v1?#",
        "127.0.0.1\x85",
    ],
)
def test_other_names_than_our_own_are_misdirected(site: Site, host: str) -> None:
    answer = site.client().get(STATUS, headers={b"Host": host.encode("latin-1")})
    assert answer.status_code == 421
    assert "fine" not in answer.text


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8765", "localhost:8765", "LOCALHOST", "[::1]:8765", "localhost:9000"]
)
def test_names_of_this_machine_lead_here(site: Site, host: str) -> None:
    assert site.client().get(STATUS, headers={"Host": host}).status_code == 200


def test_two_names_are_one_too_many(site: Site) -> None:
    hosts = [("Host", "127.0.0.1:8765"), ("Host", "evil.example")]
    assert site.client().get(STATUS, headers=hosts).status_code == 421


@pytest.mark.parametrize(
    ("options", "ours", "others"),
    [
        (Options(), ["127.0.0.1", "localhost:1"], ["10.0.0.1", "clones.example.org"]),
        (Options(host="::1"), ["[::1]:8765", "localhost"], ["[::2]"]),
        (Options(host="10.0.0.1"), ["10.0.0.1:8765"], ["localhost", "10.0.0.2"]),
        (OPEN_TO_OTHERS, ["10.0.0.1", "[fe80::1]:8765", "localhost"], ["clones.example.org"]),
        (
            Options(allowed_hosts=("Clones.Example.org", "[2001:db8::1]")),
            ["clones.example.org", "clones.example.org:443", "localhost", "[2001:db8::1]"],
            ["example.org", "x.clones.example.org"],
        ),
    ],
)
def test_names_follow_from_where_the_server_listens(
    options: Options, ours: list[str], others: list[str]
) -> None:
    names = ServerNames(options)
    assert [host for host in ours + others if names.include(host)] == ours


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "",
        "http://127.0.0.1",
        "http://127.0.0.1:8766",
        "http://127.0.0.1:8765.evil.example",
        "http://127.0.0.1:8765@evil.example",
        "http://localhost:8765",
        "file://",
        "chrome-extension://127.0.0.1:8765",
        "http://[::1",
        "http://127.0.0.1:99999999",
    ],
)
def test_page_of_another_site_changes_nothing(site: Site, origin: str) -> None:
    answer = site.client().post(JOBS, headers={"Origin": origin})
    assert answer.status_code == 403
    assert site.client().get(STATUS, headers={"Origin": origin}).status_code == 200


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8765", "https://127.0.0.1:8765"])
def test_own_page_does(site: Site, origin: str) -> None:
    headers = {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
    assert site.client().post(JOBS, headers=headers).status_code == 200


def test_own_page_behind_tls_of_a_proxy_does(tmp_path: Path) -> None:
    with guarded_site(tmp_path, allowed_hosts=("clones.example.org",)) as site:
        client = site.client(host="clones.example.org")
        headers = {**bearer(site.token(Scope.WRITE)), "Origin": "https://clones.example.org"}
        assert client.post(JOBS, headers=headers).status_code == 200
        headers["Origin"] = "https://example.org"
        assert client.post(JOBS, headers=headers).status_code == 403


@pytest.mark.parametrize("place", ["cross-site", "same-site", "anything"])
@pytest.mark.parametrize(
    ("mode", "kind", "status"),
    [
        ("navigate", "document", 200),
        ("navigate", "iframe", 403),
        ("no-cors", "script", 403),
        ("no-cors", "image", 403),
        ("cors", "empty", 403),
    ],
)
def test_other_sites_may_link_to_pages_and_no_more(
    site: Site, place: str, mode: str, kind: str, status: int
) -> None:
    headers = {"Sec-Fetch-Site": place, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": kind}
    assert site.client().get("/", headers=headers).status_code == status
    assert site.client().post(JOBS, headers=headers).status_code == 403


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "TEXT/PLAIN; a=b", None])
def test_api_reads_no_body_that_a_form_could_have_written(site: Site, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    answer = site.client().post("/api/v1/query", content=b'{"code": "x"}', headers=headers)
    assert answer.status_code == 415
    assert answer.json()["hint"] == "send application/json"
    assert site.client().post("/api/v1/query", content=b"{}", headers=JSON).status_code == 200


def test_preflight_of_another_site_is_told_nothing(site: Site) -> None:
    headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    answer = site.client().options("/api/v1/query", headers=headers)
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert answer.status_code == 405
