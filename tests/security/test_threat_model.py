"""docs/security.md names tests for its claims: they are there."""

from __future__ import annotations

import re
from pathlib import Path

from commandline import CHECKOUT

PAGE = CHECKOUT / "docs" / "security.md"
NAMED = re.compile(r"`((?:tests/[\w/.]+)|(?:test_\w+\.py))`")


def cited(row: str) -> list[Path]:
    """The tests of a row; one without a folder is in that of the one before."""
    found: list[Path] = []
    for name in NAMED.findall(row):
        folder = CHECKOUT if name.startswith("tests/") else found[-1].parent
        found.append(folder / name)
    return found


def test_every_test_that_is_named_is_there() -> None:
    rows = PAGE.read_text("utf-8").splitlines()
    named = [path for row in rows for path in cited(row)]
    assert len(named) > 50
    assert [str(path) for path in named if not path.exists()] == []


def test_every_attack_has_an_answer_and_a_test() -> None:
    rows = PAGE.read_text("utf-8").splitlines()
    header = "| tries | answered by | shown in |"
    attacks = [
        row
        for start in (number for number, row in enumerate(rows) if row == header)
        for row in rows[start + 2 : rows.index("", start)]
    ]
    assert len(attacks) > 25
    for row in attacks:
        tries, answer, shown = row.strip("|").split(" | ")
        assert tries.strip()
        assert answer.strip()
        assert cited(shown)


def test_every_test_of_this_folder_is_named() -> None:
    page = PAGE.read_text("utf-8")
    here = {path.name for path in Path(__file__).parent.glob("test_*.py")} - {Path(__file__).name}
    assert {name for name in here if name not in page} == set()
