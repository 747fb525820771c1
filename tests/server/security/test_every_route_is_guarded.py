"""Every route of the whole application, met by strangers and by callers who may only read."""

from __future__ import annotations

import re

import pytest
from commandline import call
from server_routes import routes
from starlette.testclient import TestClient

PUBLIC = {"/login", "/logout", "/api/v1/health", "/api/v1/ready", "/openapi.json"}
"""What strangers need: to sign in, to see whether the server is up, and what it understands."""

SEARCHES = {"/", "/search/pair", "/compare", "/api/v1/query", "/api/v1/query/file", "/api/v1/compare"}
"""What is sent as POST and yet only looks."""

CHANGING = {"POST", "PUT", "PATCH", "DELETE"}


def test_stranger_gets_nowhere(browser: TestClient) -> None:
    found = list(routes(browser))
    assert {("POST", "/jobs"), ("GET", "/api/v1/status")} <= set(found)
    for method, path in found:
        if path not in PUBLIC:
            status = browser.request(method, path).status_code
            assert status == (401 if path.startswith("/api/") else 303), (method, path)


@pytest.mark.parametrize("scope", ["read"])
def test_who_may_only_read_changes_nothing(browser: TestClient, scope: str) -> None:
    made = call("token", "create", "--scope", scope, "--json").document["token"]
    headers = {"Authorization": f"Bearer {made}"}
    for method, path in routes(browser):
        if method in CHANGING and path not in PUBLIC | SEARCHES:
            assert browser.request(method, path, headers=headers).status_code == 403, (method, path)


def test_form_that_is_not_of_the_session_changes_nothing(browser: TestClient) -> None:
    made = call("token", "create", "--scope", "admin", "--json").document["token"]
    page = browser.get("/login").text
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)
    assert csrf is not None
    assert browser.post("/login", data={"csrf": csrf[1], "token": made}).status_code == 303
    for method, path in routes(browser):
        if method in CHANGING and not path.startswith("/api/") and path not in SEARCHES | {"/mcp"}:
            assert browser.request(method, path, data={}).status_code == 403, (method, path)
