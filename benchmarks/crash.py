"""Kills, full disks and broken ones at the calls by which commands change files: what was lost?

The rounds are those of ``tests/crash``, more of them.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.documents import Json, markdown_table
from benchmarks.plan import CHECKOUT, Plan
from codesearch.core.errors import EnvironmentFailure

if TYPE_CHECKING:
    from crash.injector import Fault
    from crash.operations import Operation
    from crash.rounds import Moment, Trial

_ROUNDS = {"KILL": 18, "TORN": 9, "FULL": 6, "READ_ONLY": 4, "BROKEN": 5, "SHORT": 3}
"""Of an operation by fault; there are fewer where it makes fewer calls."""
_MOMENTS = 6
_MEMORY = Path("/dev/shm")  # noqa: S108 - a sync costs nothing there; what killed processes wrote stays too
_SHOWN = 5
_AT_ONCE = 4  # operations; half of the time they wait


def run(plan: Plan) -> Json:
    """Put every operation to every kind of fault.

    Raises:
        EnvironmentFailure: There is no C compiler for the fault injector.
    """
    sys.path.insert(0, str(CHECKOUT / "tests"))
    from crash.injector import NoCompiler
    from crash.operations import OPERATIONS
    from crash.rounds import Nursery, Trial, World

    place = _MEMORY if _MEMORY.is_dir() else None

    def tried(operation: Operation) -> Json:
        with tempfile.TemporaryDirectory(prefix="codesearch-crash-", dir=place) as name:
            base = Path(name)
            with Nursery.running(base) as nursery:
                return _tried(Trial(nursery, World(base), operation), plan)

    try:
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            found = list(threads.map(tried, OPERATIONS))
    except NoCompiler as missing:
        raise EnvironmentFailure(str(missing), "install gcc") from missing
    operations = {operation.name: figures for operation, figures in zip(OPERATIONS, found, strict=True)}
    rounds = sum(figures["rounds"] for figures in operations.values())
    bad = sum(figures["bad"] for figures in operations.values())
    return {"seed": plan.seed, "rounds": rounds, "bad": bad, "operations": operations}


def _tried(trial: Trial, plan: Plan) -> Json:
    """The rounds of one operation."""
    calls = trial.reference.calls
    print(f"crash: {trial.operation.name}, {len(calls)} calls ...", file=sys.stderr, flush=True)
    faults: Counter[str] = Counter()
    states: Counter[str] = Counter()
    problems: list[Json] = []
    bad = 0
    for name, fault in _planned(trial, plan):
        outcome = trial.round(fault)
        faults[name] += 1
        if outcome.problems:
            bad += 1
        else:
            states[outcome.state] += 1
        problems += [{"fault": repr(fault), "problem": problem} for problem in outcome.problems]
    return {
        "command": " ".join(trial.operation.command),
        "calls": len(calls),
        "rounds": sum(faults.values()),
        "bad": bad,
        "faults": dict(faults),
        "states": dict(states),
        "problems": problems[:_SHOWN],
    }


def _planned(trial: Trial, plan: Plan) -> Iterator[tuple[str, Fault | Moment]]:
    from crash.injector import Kind
    from crash.plans import faults, moments

    for name, most in _ROUNDS.items():
        for fault in faults(trial.reference.calls, Kind[name], most):
            yield Kind[name].value, fault
    for moment in moments(trial.reference.seconds, _MOMENTS, plan.seed):
        yield "kill at a random moment", moment


def table(figures: Json) -> list[str]:
    """Rounds by operation and fault, what came of them, and which showed a loss."""
    kinds = list(dict.fromkeys(kind for one in figures["operations"].values() for kind in one["faults"]))
    rows = [
        [
            f"`{one['command']}` ({name})",
            str(one["calls"]),
            *(str(one["faults"].get(kind, 0)) for kind in kinds),
            str(one["states"].get("old", 0)),
            str(one["states"].get("new", 0)),
            str(one["bad"]),
        ]
        for name, one in figures["operations"].items()
    ]
    return [
        f"{figures['rounds'] - figures['bad']} of {figures['rounds']} rounds without loss. In each, a "
        "command meets one fault at one of the calls by which it changes files (writes, syncs, renames, "
        "deletions), injected below SQLite, numpy and FAISS, or is killed at a random moment. Then the index "
        "must open, pass `doctor`, and answer queries, `status` and the lists of audits, schedules and "
        "verdicts as before the command or as after it, never as a mixture. A failure is one line, no worker "
        "process is left, and the next run leaves the same answers, the same bytes of segments and no file "
        "more than one that nothing happened to. A full or read-only disk stays so from that call on.",
        "",
        *markdown_table(["command", "calls", *kinds, "found old", "found new", "lost or wrong"], rows),
        *_failed(figures),
    ]


def _failed(figures: Json) -> list[str]:
    """What was lost or wrong, at most the first few of each command; nothing where nothing was."""
    lines = [
        f"- {name}: `{one['fault']}`: {one['problem']}"
        for name, operation in figures["operations"].items()
        for one in operation["problems"]
    ]
    return ["", "Lost or wrong:", "", *lines] if lines else []
