"""Commands that meet a fault: the old state or the new one, and the next run completes."""

from __future__ import annotations

import pytest
from crash.injector import Fault, Kind
from crash.operations import OPERATIONS, Operation
from crash.plans import faults, moments
from crash.rounds import Moment, Nursery, Trial, World

SEED = 8
OTHERS = (Kind.TORN, Kind.FULL, Kind.READ_ONLY, Kind.BROKEN, Kind.SHORT)
EVERY_OPERATION = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)


def assert_good(trial: Trial, fault: Fault | Moment) -> None:
    outcome = trial.round(fault)
    assert not outcome.problems, outcome


@EVERY_OPERATION
def test_a_kill_and_one_other_fault_lose_nothing(
    nursery: tuple[Nursery, World], operation: Operation
) -> None:
    trial = Trial(*nursery, operation)
    number = OPERATIONS.index(operation)
    kills = faults(trial.reference.calls, Kind.KILL, 5)
    assert_good(trial, kills[number % len(kills)])
    kind = OTHERS[number % len(OTHERS)]
    assert_good(trial, faults(trial.reference.calls, kind, 3)[number % 3])


def test_a_kill_at_a_random_moment_leaves_no_worker(nursery: tuple[Nursery, World]) -> None:
    trial = Trial(*nursery, OPERATIONS[1])
    for moment in moments(trial.reference.seconds, 2, SEED):
        assert_good(trial, moment)


@pytest.mark.nightly
@EVERY_OPERATION
def test_no_fault_at_any_call_loses_anything(nursery: tuple[Nursery, World], operation: Operation) -> None:
    trial = Trial(*nursery, operation)
    calls = trial.reference.calls
    for fault in faults(calls, Kind.KILL):
        assert_good(trial, fault)
    for kind in OTHERS:
        for fault in faults(calls, kind, 20):
            assert_good(trial, fault)
    for moment in moments(trial.reference.seconds, 40, SEED):
        assert_good(trial, moment)


def test_what_a_manifest_names_is_on_the_disk_before_it_is_named(nursery: tuple[Nursery, World]) -> None:
    """A power cut takes what was not forced to the disk, also entries of folders."""
    calls = Trial(*nursery, OPERATIONS[0]).reference.calls
    unforced: set[str] = set()
    published = 0
    for operation, path in calls:
        if operation == "sync":
            unforced.discard(path)
        elif operation == "rename" and path.endswith("/manifest.json"):
            published += 1
            assert [name for name in sorted(unforced) if "/segments" in name or "manifest" in name] == []
        elif operation in {"write", "truncate"}:
            unforced.add(path)
        elif operation in {"create", "mkdir"}:
            unforced |= {path, path.rpartition("/")[0]}
            unforced -= {path} if operation == "mkdir" else set()
    assert published == 1


@pytest.mark.parametrize("years", [-20, 20])
def test_a_clock_that_jumps_between_two_runs_changes_no_answer(
    nursery: tuple[Nursery, World], years: int
) -> None:
    trial = Trial(*nursery, OPERATIONS[1])
    found = trial.at_another_time(years * 365 * 86_400)
    for got, usual in zip(found.answers[1:], trial.reference.after.answers[1:], strict=True):
        assert got == usual  # all but status, which tells the time of the run
