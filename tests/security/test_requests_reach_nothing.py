"""Nobody who asks the server has it ask others: no field of its API names a place to fetch from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from code_base import as_user, make_code_base
from commandline import call
from own_server import own_server
from starlette.testclient import TestClient

INSIDE = (
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://127.0.0.1:8765/api/v1/status",
    "https://example.org/app.git",
    "file:///etc/passwd",
    "git@example.org:app.git",
    "ssh://-oProxyCommand=true/app",
    "ext::sh -c true",
    "\\\\example.org\\share",
    "corpus=https://example.org/app.git",
    "corpus/app.tar.gz",
)
"""What a server may be talked into asking. The tests run without sockets: an attempt would be an error."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("reaching")
    with pytest.MonkeyPatch.context() as patch:
        make_code_base(folder, patch, copies=2)
        yield as_user(folder, patch)


@pytest.fixture(scope="module")
def client(base: Path) -> Iterator[TestClient]:
    """Somebody with a token that may do all that tokens allow."""
    del base
    token = call("token", "create", "--scope", "admin", "--json").document["token"]
    with own_server({"Authorization": f"Bearer {token}"}) as client:
        yield client


@pytest.mark.parametrize("place", INSIDE)
def test_no_job_fetches_what_a_client_names(client: TestClient, place: str) -> None:
    for document in (
        {"kind": "index", "corpora": [place]},
        {"kind": "audit", "corpora": [place]},
        {"kind": "audit", "languages": [place]},
    ):
        answer = client.post("/api/v1/jobs", json=document)
        assert answer.status_code == 400, answer.text
    for field in ("paths", "url", "source", "sources", "from", "output", "webhook"):
        answer = client.post("/api/v1/jobs", json={"kind": "index", field: [place]})
        assert answer.status_code == 422, answer.text
    assert client.get("/api/v1/jobs").json()["items"] == []


@pytest.mark.parametrize("place", INSIDE)
def test_no_schedule_names_a_file_or_an_address(client: TestClient, place: str) -> None:
    audits = ({"corpora": [place]}, {"options": {"languages": [place]}}, {"options": {"fail_on": [place]}})
    others = ({"options": {"output": place}}, {"webhook": place}, {"paths": [place]}, {"folder": place})
    for changed in (*audits, *others):
        answer = client.post("/api/v1/schedules", json={"name": "x", "cron": "0 3 * * *", **changed})
        assert answer.status_code in {400, 422}, answer.text


@pytest.mark.parametrize("place", INSIDE)
def test_no_search_opens_an_address(client: TestClient, place: str) -> None:
    assert client.post("/api/v1/query", json={"path": place}).status_code == 400
    assert client.post("/api/v1/query", json={"code": "x = 1", "base_url": place}).status_code == 422
    pair = {"a": {"path": place}, "b": {"path": place}}
    assert client.post("/api/v1/compare", json=pair).status_code in {400, 422}


def test_no_route_takes_a_setting(client: TestClient) -> None:
    """Endpoints, keys and webhooks come from the user's own configuration, which no request can change."""
    described = client.get("/openapi.json").json()
    text = str(described["paths"]) + str(described["components"]["schemas"])
    for name in ("base_url", "api_key", "webhook", "'url'", "key_file", "allowed_hosts"):
        assert name not in text
