"""HEAD, by which monitors and link checkers ask whether something is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from starlette.testclient import TestClient

PAGES = ("/", "/compare", "/audits", "/audits/classes", "/corpora", "/schedules", "/jobs", "/judge", "/login")
API = ("/api/v1/health", "/api/v1/status", "/api/v1/corpora/corpus", "/api/v1/audits/latest", "/metrics")


@pytest.mark.parametrize("address", [*PAGES, *API])
def test_head_is_answered_as_get_is(client: TestClient, address: str) -> None:
    got, asked = client.get(address), client.head(address)
    assert asked.status_code == got.status_code < 400
    for name in ("content-type", "etag", "location"):
        assert asked.headers.get(name) == got.headers.get(name)


@pytest.mark.parametrize("address", ["/nowhere", "/audits/classes/none", "/api/v1/corpora/none"])
def test_head_of_what_is_not_there_says_so(client: TestClient, address: str) -> None:
    assert client.head(address).status_code == 404


@pytest.mark.parametrize("address", ["/verdicts", "/api/v1/query"])
def test_what_is_only_sent_to_has_no_head(client: TestClient, address: str) -> None:
    assert client.head(address).status_code == 405


def test_description_of_the_api_names_no_head(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert not any("head" in operations for operations in paths.values())
