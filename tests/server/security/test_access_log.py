from __future__ import annotations

import logging

import pytest
from guarded_site import Site, bearer

from codesearch.core.tokens import Scope

LOGGER = "codesearch.server.security.access_log"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, LOGGER)
    return caplog


def shown(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == LOGGER]


def test_request_is_one_line(site: Site, lines: pytest.LogCaptureFixture) -> None:
    site.client().get("/api/v1/status?limit=20")
    [line] = shown(lines)
    assert line.startswith("GET /api/v1/status?limit=20 200 ")
    assert line.endswith(" ms local")


def test_code_and_tokens_are_in_no_line(open_site: Site, lines: pytest.LogCaptureFixture) -> None:
    text = open_site.token(Scope.READ)
    client = open_site.client()
    client.get("/", params={"code": "secret_function()", "k": "5", "token": str(text)}, headers=bearer(text))
    client.post("/api/v1/query", json={"code": "secret_function()"}, headers=bearer(text))
    client.post("/enter", params={"token": str(text)})
    client.get("/api/v1/status", headers={"Authorization": f"Bearer {text}x"})
    assert [line.partition(" ")[2].split(" ")[0] for line in shown(lines)] == [
        "/?k=5&…",
        "/api/v1/query",
        "/enter?…",
        "/api/v1/status",
    ]
    assert text.secret not in lines.text
    assert "secret_function" not in lines.text
    assert shown(lines)[0].endswith(" read-token")
    assert shown(lines)[3].endswith(" -")


@pytest.mark.parametrize(
    "path", ["/a%0AGET%20/forged%20200", "/%1b[2J", "/%E2%80%AE", "/x?sort=%0d%0aforged", "/x?sort=%1b[31m"]
)
def test_no_request_forges_a_line(site: Site, lines: pytest.LogCaptureFixture, path: str) -> None:
    site.client().get(path)
    [line] = shown(lines)
    assert line.isprintable()
    assert line.count("\n") == 0


def test_long_address_is_cut(site: Site, lines: pytest.LogCaptureFixture) -> None:
    site.client().get("/" + "x" * 20_000)
    [line] = shown(lines)
    assert len(line) < 400


def test_metrics_hear_of_routes_not_of_addresses(site: Site) -> None:
    site.client().get("/audits/17")
    site.client().get("/nowhere/" + "x" * 50)
    first, second = site.heard
    assert (first.method, first.route, first.status, first.caller) == (
        "GET",
        "/audits/{number}",
        200,
        "local",
    )
    assert first.seconds > 0
    assert (second.route, second.status) == ("", 404)
