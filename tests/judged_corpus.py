"""A corpus and a query between which every kind of pair occurs, judged by a scripted server."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from commandline import Outcome, call, unique, write_tree
from judge_lab import shipped_cascade
from scripted_server import Reply, Request, ScriptedServer, answer
from snippets import embedder

from codesearch.judges import MEASURED
from reranker.judge.precedents.memories import load_memories

KEY = "sk-mine-0123456789"

ORDERS = '''\
"""Orders of a shop."""

import csv


class Ledger:
    def total_of_paid(self, rows):
        total = 0
        for row in rows:
            if is_paid(row):
                price = amount_of(row)
                total = total + price
        return round(total, 2)


def amount_of(row):
    price = float(row["price"])
    if row.get("gift"):
        price = price * 0.5
    count = int(row["count"])
    return price * count
'''
PATHS = """\
def shorten(path, limit):
    parts = path.split("/")
    while len("/".join(parts)) > limit and len(parts) > 2:
        del parts[1]
    text = "/".join(parts)
    return text if text else "/"
"""
MINE = '''\
"""Sums of rows."""


def sum_of_paid(rows):
    paid = [row for row in rows if is_paid(row)]
    prices = [value_of(row) for row in paid]
    total = sum(prices)
    digits = 2
    return round(total, digits)


def value_of(row):
    return float(row["price"]) * 3
'''
SPREAD = """\
class Book:
    def total_of_paid(self, rows):
        total = 0

        # Every row
        for row in rows:

            if is_paid(row):
                price = amount_of(
                    row)
                total = total + price
        return round(total, 2)
"""
"""The method of ``orders.py`` on other lines, from the second line of its file on."""


def write_judged(home: Path) -> Path:
    """Write and index the corpus and write the query, which comes back."""
    files = {"shop/orders.py": ORDERS, "shop/paths.py": PATHS}
    files |= {f"other/unique_{number}.py": unique(number) for number in range(4)}
    write_tree(home / "corpus", files)
    assert call("index", home / "corpus").code == 0
    kept = Path(os.environ["XDG_CONFIG_HOME"]) / "codesearch" / MEASURED
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(_measured())
    return write_tree(home, {"mine.py": MINE}) / "mine.py"


@cache
def _measured() -> bytes:
    """What a first run measures of the shipped precedents, which takes longer than the run itself."""
    with TemporaryDirectory() as folder:
        kept = Path(folder) / MEASURED
        load_memories((), embedder(), shipped_cascade(), kept)
        return kept.read_bytes()


def settings_for(home: Path, base_url: object, **changes: object) -> Path:
    """Write settings of a user whose judge is a server; the file comes back."""
    written = {"kind": "llm", "model": "coder:7b", "base_url": base_url, "api_key": KEY, "retries": 0}
    written |= {"timeout_seconds": 5.0} | changes
    lines = [f"{name} = {_toml(value)}" for name, value in written.items()]
    path = home / "judge.toml"
    path.write_text("[judge]\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def about(fragment: str, reply: Callable[[bool], Reply], otherwise: Reply) -> Callable[[Request], Reply]:
    """A script that has an answer for pairs with a name in one of their sides.

    ``reply`` is told whether that side is shown as A.
    """

    def script(request: Request) -> Reply:
        sides = [side_of(request, name) for name in "AB"]
        if not any(fragment in side for side in sides):
            return otherwise
        return reply(fragment in sides[0])

    return script


def side_of(request: Request, name: str) -> str:
    """The lines that a request shows as A or B."""
    found = re.search(rf"<<<{name} (\w+)>>>\n(.*?)\n<<<end {name} \1>>>", request.text, re.DOTALL)
    return found[2] if found else ""


def citing(
    ours: tuple[int, int], theirs: tuple[int, int], *, clone_type: str = "T4"
) -> Callable[[bool], Reply]:
    """A clone, by lines of the named side and of the other."""

    def reply(named_is_a: bool) -> Reply:
        first, second = (ours, theirs) if named_is_a else (theirs, ours)
        return answer(
            {
                "verdict": "clone",
                "clone_type": clone_type,
                "confidence": 0.95,
                "evidence": [{"a_lines": first, "b_lines": second}],
                "reason": "Both sum what was paid and round it.",
            }
        )

    return reply


def not_a_clone(confidence: float = 0.95) -> Reply:
    """The other answer."""
    return answer(
        {
            "verdict": "not_clone",
            "clone_type": None,
            "confidence": confidence,
            "evidence": [],
            "reason": "They do different jobs.",
        }
    )


def ask(server: ScriptedServer, home: Path, command: str, *words: str | Path, **changes: object) -> Outcome:
    """Run a command whose judge is a server."""
    return call("--config", settings_for(home, server.url, **changes), command, *words)


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool | int | float) else f'"{value}"'
