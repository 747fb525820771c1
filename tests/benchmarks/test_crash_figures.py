"""What is told of rounds in which a command met a fault."""

from __future__ import annotations

from benchmarks.crash import table
from benchmarks.documents import Json

PROBLEM = {"fault": "Fault(call=83)", "problem": "left behind: home/audit.json"}


def figures(bad: int, problems: list[Json]) -> Json:
    audit = {
        "command": "audit corpus",
        "calls": 88,
        "rounds": 3,
        "bad": bad,
        "faults": {"kill before": 3},
        "states": {"old": 3 - bad},
        "problems": problems,
    }
    return {"rounds": 3, "bad": bad, "operations": {"audit": audit}}


def test_rounds_that_showed_a_loss_are_named() -> None:
    lines = table(figures(1, [PROBLEM]))
    assert lines[0].startswith("2 of 3 rounds without loss")
    assert lines[-1] == "- audit: `Fault(call=83)`: left behind: home/audit.json"


def test_without_a_loss_nothing_is_named() -> None:
    assert not [line for line in table(figures(0, [])) if line.startswith(("Lost", "- "))]
