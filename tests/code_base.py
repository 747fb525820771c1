"""A small code base that is indexed and audited, for those who serve it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from audit_trees import java_class, java_method, python_function
from commandline import call, tally, unique, write_tree

ESCAPE = "\x1b[31mred\x1b[0m"
"""Colours a terminal; what is shown anywhere may not."""
COPIES = 12


def make_code_base(
    folder: Path, patch: pytest.MonkeyPatch, *, copies: int = COPIES, escape: str = ESCAPE
) -> None:
    """Index and audit a ``corpus`` with copies, odd things and a secret beside it, as a user of its own."""
    home = folder / "home"
    files = {
        "shop/orders.py": python_function("collect", "order"),
        "shop/users.py": "# Users of the shop.\n\n" + python_function("gather", "user"),
        "lib/only.py": unique(1),
        "Counter.java": java_class("Counter", java_method("count", "word")),
        "Tallier.java": java_class("Tallier", java_method("tally", "line")),
        "odd.py": python_function("odd", "odd", f"    # {escape}\n    label = '<script>alert(1)</script>'\n"),
        **{f"many/part_{n:02}.py": tally(f"sum_{n:02}") for n in range(copies)},
    }
    write_tree(home / "corpus", files)
    write_tree(home / "outside", {"secret.py": python_function("hidden", "secret")})
    (home / "corpus" / "linked.py").symlink_to(home / "outside" / "secret.py")
    (home / "corpus" / "linked").symlink_to(home / "outside")
    (home / "corpus" / "binary.py").write_bytes(b"\0\1" * 50)
    (home / "corpus" / ".env").write_text("TOKEN = 'secret'\n", encoding="utf-8")
    as_user(folder, patch)
    assert call("index", "corpus").code == 0
    assert call("audit", "corpus", "--jobs", "1").code == 0


def as_user(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    """Be the user of a code base, in its home folder, which comes back."""
    for name in [name for name in os.environ if name.upper().startswith("CODESEARCH_")]:
        patch.delenv(name)
    patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    patch.chdir(folder / "home")
    return folder / "home"
