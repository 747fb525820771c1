"""Runs the command line as its user does, and small corpora to run it over."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codesearch.cli.main import main

CHECKOUT = Path(__file__).resolve().parents[1]
EXAMPLES = CHECKOUT / "examples"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command left: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on standard output of a command that succeeded."""
        assert self.code == 0, self.err
        return json.loads(self.out)  # type: ignore[no-any-return]

    @property
    def error(self) -> str:
        """The one line that a failure consists of."""
        assert self.out == ""
        [line] = [line for line in self.err.splitlines() if line.startswith("codesearch: error: ")]
        assert self.err.endswith(f"{line}\n")
        assert "Traceback" not in self.err
        return line.removeprefix("codesearch: error: ")


def call(*words: str | Path, stdin: bytes = b"") -> Outcome:
    """Run a command in this process, which takes a tenth of the time of a process of its own."""
    with _streams(stdin) as (out, err):
        code = main([str(word) for word in words])
        return Outcome(code, out.getvalue().decode(), err.getvalue().decode())


def spawn(
    *words: str | Path, folder: Path | None = None, python_path: Path = CHECKOUT
) -> subprocess.Popen[str]:
    """Start a command as a process of its own; its output goes into pipes."""
    return subprocess.Popen(
        [sys.executable, "-m", "codesearch", *map(str, words)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(python_path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> Outcome:
    """Wait for a process."""
    out, err = process.communicate(timeout=120)
    return Outcome(process.returncode, out, err)


def write_tree(root: Path, files: Mapping[str, str]) -> Path:
    """Write files below a folder, which comes back."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def tally(name: str) -> str:
    """A Python function of nine lines; two of them differ in their names alone."""
    return (
        f"def {name}(values, limit):\n"
        "    total = 0\n"
        "    for value in values:\n"
        "        if value > limit:\n"
        "            total += value * 2\n"
        "        else:\n"
        "            total -= value\n"
        "    print(total)\n"
        f"    return total / max(1, len({name}.__name__))\n"
    )


def unique(number: int) -> str:
    """A Python function that resembles no other of these by its text."""
    steps = "".join(
        f"    part_{number}_{step} = call_{number}_{step}(source, {number * 31 + step}, 'key {number}')\n"
        for step in range(5 + number % 3)
    )
    return f"def only_{number}(source):\n{steps}    return source.merge_{number}(part_{number}_0)\n"


@contextmanager
def _streams(stdin: bytes) -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    """Fresh standard streams for the block; what was written can be read from those that come back."""
    before = sys.stdin, sys.stdout, sys.stderr
    out, err = io.BytesIO(), io.BytesIO()
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
    sys.stderr = io.TextIOWrapper(err, encoding="utf-8", write_through=True)
    try:
        yield out, err
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
