from __future__ import annotations

import pytest

from benchmarks.audit import FROM_NOTHING, REFERENCE, UNCHANGED, WORKERS, compare_workers, table
from benchmarks.documents import Json
from benchmarks.process import Measured
from codesearch.core.errors import EnvironmentFailure


def outputs(*by_turn: bytes) -> list[Measured]:
    return [Measured(1.0, 1, output) for output in by_turn]


def by_workers(*of_each: list[Measured]) -> dict[str, list[Measured]]:
    names = (f"codesearch: audit from nothing, --jobs {count}" for count in WORKERS)
    return dict(zip(names, of_each, strict=True))


def figures(steps: Json) -> Json:
    return {
        "files": 1,
        "lines": 2,
        "runs": 3,
        "steps": steps,
        "unavailable": {"jscpd: default": "not installed"},
        "summary": None,
        "same_json_by_workers": [],
    }


def test_code_that_changes_between_turns_may_change_the_audit() -> None:
    same = outputs(b"first", b"second")
    assert compare_workers(by_workers(same, same, same)) == WORKERS


def test_workers_that_disagree_leave_no_result() -> None:
    measured = by_workers(outputs(b"a", b"b"), outputs(b"a", b"b"), outputs(b"a", b"c"))
    with pytest.raises(EnvironmentFailure, match=r"by 1, 2 and 4 workers differ \(run 2\)"):
        compare_workers(measured)


def test_nothing_is_compared_when_a_number_of_workers_was_not_measured() -> None:
    assert compare_workers({}) == ()


def test_every_promise_is_held_against_the_peer_of_the_same_run() -> None:
    steps = {
        FROM_NOTHING: {"runs": 3, "seconds": 12.0, "peak_bytes": 4e8},
        UNCHANGED: {"runs": 3, "seconds": 3.0, "peak_bytes": 2e8},
        REFERENCE: {"runs": 3, "seconds": 5.0, "peak_bytes": 1e9},
    }
    lines = table(figures(steps))
    assert f"| {FROM_NOTHING} | 12.00 | 400 | 2.40 | 0.40 |" in lines
    assert "| jscpd: default | – | – | – | – |" in lines
    assert "| from nothing, seconds | ≤ 3 | 2.40 | yes |" in lines
    assert "| nothing changed, seconds | ≤ 0.5 | 0.60 | no |" in lines


def test_without_the_peer_no_promise_is_called_kept() -> None:
    lines = table(figures({FROM_NOTHING: {"runs": 1, "seconds": 12.0, "peak_bytes": 4e8}}))
    assert "| from nothing, seconds | ≤ 3 | – | – |" in lines


def test_what_was_found_stands_below_the_times() -> None:
    summary = {
        "files": 1400,
        "lines": 700_000,
        "classes": 1234,
        "by_type": {"T1": 4, "T2": 30, "T3": 1200},
        "duplication_percent": 4.5,
    }
    lines = table(figures({}) | {"summary": summary, "same_json_by_workers": [1, 2, 4]})
    assert "Source code: 1,400 files, 700,000 lines, 1,234 classes" in lines
    assert "(T1 4, T2 30, T3 1,200), 4.5 % of the lines." in lines
    assert lines[-1] == "The JSON of 1, 2 and 4 workers is the same, byte for byte."
