"""A code base that is indexed and audited, and an agent that asks about it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from audit_trees import java_class, java_method, python_function
from commandline import call, tally, unique, write_tree

if TYPE_CHECKING:
    from mcp_agent import Agent


@pytest.fixture(scope="session")
def code_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder around the home of a user with an indexed and audited ``corpus`` and a secret beside it."""
    from mcp_agent import COPIES, ESCAPE

    folder = tmp_path_factory.mktemp("agents")
    home = folder / "home"
    files = {
        "shop/orders.py": python_function("collect", "order"),
        "shop/users.py": "# Users of the shop.\n\n" + python_function("gather", "user"),
        "lib/only.py": unique(1),
        "Counter.java": java_class("Counter", java_method("count", "word")),
        "Tallier.java": java_class("Tallier", java_method("tally", "line")),
        "odd.py": python_function("odd", "odd", f"    # {ESCAPE}\n    label = '<script>alert(1)</script>'\n"),
        **{f"many/part_{n:02}.py": tally(f"sum_{n:02}") for n in range(COPIES)},
    }
    write_tree(home / "corpus", files)
    write_tree(home / "outside", {"secret.py": python_function("hidden", "secret")})
    (home / "corpus" / "linked.py").symlink_to(home / "outside" / "secret.py")
    (home / "corpus" / "linked").symlink_to(home / "outside")
    (home / "corpus" / "binary.py").write_bytes(b"\0\1" * 50)
    (home / "corpus" / ".env").write_text("TOKEN = 'secret'\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        _as_user(folder, patch)
        assert call("index", "corpus").code == 0
        assert call("audit", "corpus", "--jobs", "1").code == 0
    return folder


@pytest.fixture
def at_home(code_base: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user of :func:`code_base`, for tests that change nothing; the current folder."""
    return _as_user(code_base, monkeypatch)


@pytest.fixture(scope="session")
def messages(code_base: Path) -> Path:
    """Where the standard error of the server goes."""
    return code_base / "messages.txt"


@pytest.fixture(scope="session")
def agent(code_base: Path, messages: Path) -> Iterator[Agent]:
    """An agent over a real process, shared by tests that change nothing."""
    from mcp_agent import stdio_agent  # here, so that without the extra the tests skip and nothing fails

    with pytest.MonkeyPatch.context() as patch, messages.open("w", encoding="utf-8") as errors:
        home = _as_user(code_base, patch)
        with stdio_agent(home, errors) as started:
            yield started


def _as_user(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.upper().startswith("CODESEARCH_")]:
        patch.delenv(name)
    patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    patch.chdir(folder / "home")
    return folder / "home"
