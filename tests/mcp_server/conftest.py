"""A code base that is indexed and audited, and an agent that asks about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from code_base import as_user, make_code_base

if TYPE_CHECKING:
    from mcp_agent import Agent


@pytest.fixture(scope="session")
def code_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder around the home of a user with an indexed and audited ``corpus`` and a secret beside it."""
    from mcp_agent import COPIES, ESCAPE

    folder = tmp_path_factory.mktemp("agents")
    with pytest.MonkeyPatch.context() as patch:
        make_code_base(folder, patch, copies=COPIES, escape=ESCAPE)
    return folder


@pytest.fixture
def at_home(code_base: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user of :func:`code_base`, for tests that change nothing; the current folder."""
    return as_user(code_base, monkeypatch)


@pytest.fixture(scope="session")
def messages(code_base: Path) -> Path:
    """Where the standard error of the server goes."""
    return code_base / "messages.txt"


@pytest.fixture(scope="session")
def agent(code_base: Path, messages: Path) -> Iterator[Agent]:
    """An agent over a real process, shared by tests that change nothing."""
    from mcp_agent import stdio_agent  # here, so that without the extra the tests skip and nothing fails

    with pytest.MonkeyPatch.context() as patch, messages.open("w", encoding="utf-8") as errors:
        home = as_user(code_base, patch)
        with stdio_agent(home, errors) as started:
            yield started
