"""The index is taken from under a running server, or damaged, and comes back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from audit_trees import python_function
from code_base import as_user
from commandline import call
from own_server import own_server
from starlette.testclient import TestClient

CODE = python_function("sum_up", "order")


@pytest.fixture
def index(served_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an index that a test may move and damage."""
    home = as_user(served_base, monkeypatch)
    folder = tmp_path / "index"
    shutil.copytree(home / ".codesearch", folder)
    monkeypatch.setenv("CODESEARCH_INDEX__DIR", str(folder))
    return folder


@pytest.fixture
def user_client(index: Path) -> Iterator[TestClient]:
    """Somebody on this machine."""
    del index
    yield from client()


@pytest.fixture
def token_client(index: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """Somebody whose token is in the store of the index."""
    del index
    token = call("token", "create", "--json").document["token"]
    monkeypatch.setenv("CODESEARCH_SERVER__REQUIRE_TOKEN", "true")
    yield from client({"Authorization": f"Bearer {token}"})


def client(headers: dict[str, str] | None = None) -> Iterator[TestClient]:
    with own_server(headers, here=True) as asking:
        yield asking


def matches(client: TestClient) -> list[Any]:
    """What a search finds."""
    answer = client.post("/api/v1/query", json={"code": CODE})
    assert answer.status_code == 200, answer.text
    found = answer.json()["results"]
    assert isinstance(found, list)
    return found


def refusal(client: TestClient) -> str:
    """What a search is told that there is no index for."""
    answer = client.post("/api/v1/query", json={"code": CODE})
    assert answer.status_code == 503, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["hint"]
    assert "Traceback" not in answer.text
    return str(answer.json()["detail"])


def test_index_that_is_moved_away_is_told_and_found_again(index: Path, user_client: TestClient) -> None:
    before = matches(user_client)
    index.rename(index.with_name("elsewhere"))
    assert "no index" in refusal(user_client)
    assert user_client.get("/api/v1/ready").status_code == 503
    assert user_client.get("/api/v1/health").status_code == 200
    assert user_client.get("/", headers={"Accept": "text/html"}).status_code in {200, 503}
    index.with_name("elsewhere").rename(index)
    assert matches(user_client) == before
    assert user_client.get("/api/v1/ready").status_code == 200


@pytest.mark.parametrize("kept", [0, 40])
def test_damaged_manifest_is_told_and_a_restored_one_is_read(
    index: Path, user_client: TestClient, kept: int
) -> None:
    before = matches(user_client)
    manifest = index / "manifest.json"
    whole = manifest.read_bytes()
    manifest.write_bytes(whole[:kept])
    assert "manifest.json" in refusal(user_client)
    manifest.write_bytes(whole)
    assert matches(user_client) == before


def test_tokens_that_are_moved_away_let_nobody_in(index: Path, token_client: TestClient) -> None:
    before = matches(token_client)
    index.rename(index.with_name("elsewhere"))
    assert refusal(token_client)
    assert not index.exists()  # nothing made a new one, without its tokens
    index.with_name("elsewhere").rename(index)
    assert matches(token_client) == before
