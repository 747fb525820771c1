from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from commandline import call
from guarded_site import OPEN_TO_OTHERS, Site, guarded_site
from own_server import own_server
from starlette.testclient import TestClient


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A server for this machine alone."""
    with guarded_site(tmp_path) as site:
        yield site


@pytest.fixture
def open_site(tmp_path: Path) -> Iterator[Site]:
    """A server that other machines reach."""
    with guarded_site(tmp_path, OPEN_TO_OTHERS) as site:
        yield site


@pytest.fixture
def own_index(indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index that a test may change, the one that commands and servers use."""
    shutil.copytree(indexed / ".codesearch", tmp_path / ".codesearch")
    monkeypatch.setenv("CODESEARCH_INDEX__DIR", str(tmp_path / ".codesearch"))


@pytest.fixture
def token(own_index: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """A token of a user who asks everybody for one."""
    monkeypatch.setenv("CODESEARCH_SERVER__REQUIRE_TOKEN", "true")
    made = call("token", "create", "--name", "phone", "--json").document["token"]
    assert isinstance(made, str)
    return made


@pytest.fixture
def browser(token: str) -> Iterator[TestClient]:
    """A browser that is not signed in to the whole application."""
    with own_server({"Accept": "text/html"}) as client:
        yield client
