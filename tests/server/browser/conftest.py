"""Running servers for tests with a browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from commandline import call
from served import CodeBase, Site, serving, write_code_base


@pytest.fixture(scope="session")
def _code_base(tmp_path_factory: pytest.TempPathFactory) -> CodeBase:
    return write_code_base(tmp_path_factory.mktemp("code_base"))


@pytest.fixture(scope="session")
def site(_code_base: CodeBase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server for tests that only look."""
    with serving(_code_base, tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture
def closed_site(_code_base: CodeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A server that asks everybody for a token."""
    base = replace(_code_base, home=tmp_path / "base")
    shutil.copytree(_code_base.home / ".codesearch", base.home / ".codesearch")
    monkeypatch.chdir(base.home)
    assert call("token", "create").code == 0
    with serving(base, tmp_path / "served", "--require-token") as running:
        yield running


@pytest.fixture
def own_site(_code_base: CodeBase, tmp_path: Path) -> Iterator[Site]:
    """A server for one test, which may change what it keeps."""
    with serving(_code_base, tmp_path) as running:
        yield running
