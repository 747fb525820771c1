"""The steps of several tools, measured in turns, so that load hits them alike."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass

from benchmarks.documents import Json
from benchmarks.plan import Plan
from benchmarks.process import Measured, Medians
from codesearch.core.errors import EnvironmentFailure

Step = Callable[[], Measured]


@dataclass(frozen=True, slots=True)
class Turns:
    """What was measured.

    Attributes:
        measured: The runs of every step, in the order of the steps.
        unavailable: Why a step could not be run, by its name.
    """

    measured: Mapping[str, list[Measured]]
    unavailable: Mapping[str, str]

    def medians(self) -> Json:
        """Those of every step that could be run each time."""
        return {
            name: asdict(Medians.of(runs))
            for name, runs in self.measured.items()
            if name not in self.unavailable
        }


def in_turns(benchmark: str, plan: Plan, steps: Callable[[int], Iterable[tuple[str, Step]]]) -> Turns:
    """Measure every step ``plan.runs`` times, or those whose name begins as ``plan.only`` says.

    Args:
        benchmark: Its name, for the messages.
        plan: How often, and which steps.
        steps: The steps of a turn, in order, by its number.
    """
    measured: dict[str, list[Measured]] = {}
    unavailable: dict[str, str] = {}
    for turn in range(plan.runs):
        for name, step in steps(turn):
            if name in unavailable or (plan.only and not name.startswith(plan.only)):
                continue
            print(f"{benchmark}: {name}, run {turn + 1} of {plan.runs} ...", file=sys.stderr)
            try:
                measured.setdefault(name, []).append(step())
            except EnvironmentFailure as error:
                unavailable[name] = str(error)
    return Turns(measured, unavailable)
