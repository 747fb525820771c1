"""``codesearch serve`` as a user starts it, a process over a small indexed and audited code base."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from audit_trees import java_class, java_method, python_function, script_function, steps
from commandline import CHECKOUT, EXAMPLES, finished, tally, unique, write_tree

ANNOUNCED = "codesearch: listening on "
STARTED_WITHIN = 120
"""Seconds until a server counts as one that never starts; only a failing test waits so long."""
_INDEX = ".codesearch"
COPIES = 30
"""Functions of the code base that differ in their names alone."""
HOSTILE_NAME = "<img src=x onerror=alert(1)>"
HOSTILE_LABEL = "</code></pre><script>document.title='owned'</script>"
_EXTRA = "    audit_log = open_log('orders', mode='append')\n"


def _peculiar(name: str, body: str = "") -> str:
    """A Python function that resembles no other, with further lines in its body."""
    return f"def {name}({name}):\n{body}{steps(name, 8)}    return {name}_7\n"


HOSTILE_CODE = _peculiar(
    "odd", f'    # \x1b]8;;evil\x07\x1b[2J \u202egnp.exe\n    label = "{HOSTILE_LABEL}"\n'
)
"""A function with what a page or a terminal might act on: a script, escapes and a turn of the direction."""

_FILES = {
    "shop/orders.py": python_function("collect", "order"),
    "shop/users.py": "# Users of the shop.\n\n" + python_function("gather", "user"),
    "shop/returns.py": python_function("collect", "order", _EXTRA),
    "shop/legacy/settle_a.py": _peculiar("settle"),
    "shop/legacy/settle_b.py": _peculiar("settle"),
    "shop/Counter.java": java_class("Counter", java_method("count", "word")),
    "shop/Tallier.java": java_class("Tallier", java_method("tally", "line")),
    "web/groups.js": script_function("groups", "row"),
    "web/piles.js": script_function("piles", "card"),
    "tests/test_only.py": unique(1),
    "odd/first.py": HOSTILE_CODE,
    "odd/second.py": HOSTILE_CODE,
    f"odd/{HOSTILE_NAME}.py": HOSTILE_CODE,
    **{f"many/part_{number:02}.py": tally(f"sum_{number:02}") for number in range(COPIES)},
}
"""Copies, renamed copies and near misses in three languages."""


@dataclass(frozen=True, slots=True)
class CodeBase:
    """Two indexed and audited corpora, ``code`` and ``examples``.

    Attributes:
        home: The folder that holds them and their index.
        hostile_class: Id of the clone class whose members are :data:`HOSTILE_CODE`.
    """

    home: Path
    hostile_class: str


@dataclass(frozen=True, slots=True)
class Site:
    """A running server.

    Attributes:
        url: Its address, without a slash at the end.
        home: The folder it was started in, which holds the index.
        messages: What it printed.
        code_base: What it serves.
    """

    url: str
    home: Path
    messages: Path
    code_base: CodeBase


def write_code_base(home: Path) -> CodeBase:
    """The code base, with files that an index skips, in an empty folder."""
    write_tree(home / "code", _FILES)
    (home / "code" / "binary.py").write_bytes(b"\0\1" * 50)
    (home / "code" / "linked.py").symlink_to(CHECKOUT / "LICENSE")
    shutil.copytree(EXAMPLES / "corpus", home / "examples")
    _run(home, "index", "code", "examples")
    document = json.loads(_run(home, "audit", "--jobs", "1", "--json"))
    [hostile] = (found for found in document["classes"] if "odd/first.py" in str(found["members"]))
    return CodeBase(home, hostile["id"])


@contextmanager
def serving(code_base: CodeBase, home: Path, *words: str) -> Iterator[Site]:
    """A server on a free port over a copy of an index, stopped at the end of the block.

    Args:
        code_base: What was indexed.
        home: Empty folder for the copy.
        words: Further options of ``codesearch serve``.
    """
    shutil.copytree(code_base.home / _INDEX, home / _INDEX)
    messages = home / "messages.txt"
    with messages.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "codesearch", "serve", "--port", "0", *words],
            cwd=home,
            env=_environment(home),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
        )
    try:
        yield Site(_announced(process, messages), home, messages, code_base)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    said = messages.read_text("utf-8")
    assert "Traceback" not in said, said


def _announced(process: subprocess.Popen[bytes], messages: Path) -> str:
    """The address that a server announces."""
    deadline = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < deadline:
        for line in messages.read_text("utf-8").splitlines():
            if line.startswith(ANNOUNCED):
                return line.removeprefix(ANNOUNCED).strip().rstrip("/")
        assert process.poll() is None, messages.read_text("utf-8")
        time.sleep(0.05)
    raise AssertionError(f"no address after {STARTED_WITHIN} s: {messages.read_text('utf-8')}")


def _run(home: Path, *words: str) -> str:
    """Standard output of a command that succeeds."""
    process = subprocess.Popen(
        [sys.executable, "-m", "codesearch", *words],
        cwd=home,
        env=_environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    outcome = finished(process)
    assert outcome.code == 0, outcome.err
    return outcome.out


def _environment(home: Path) -> dict[str, str]:
    """The variables of a user without settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CODESEARCH_")}
    return kept | {"XDG_CONFIG_HOME": str(home / "config"), "PYTHONPATH": str(CHECKOUT)}
