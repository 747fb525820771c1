"""Which faults a trial is put to: spread over its calls, or at random moments."""

from __future__ import annotations

import random
from collections.abc import Sequence

from crash.injector import Fault, Kind
from crash.rounds import Moment

Calls = Sequence[tuple[str, str]]


def faults(calls: Calls, kind: Kind, most: int | None = None) -> list[Fault]:
    """Faults of a kind at every call where it means something, or at so many of them, evenly spread.

    Left out is the index of SQLite's log (``-shm``): memory that processes share, made anew by the first of
    them.
    """
    numbers = [
        number
        for number, (operation, path) in enumerate(calls, 1)
        if not path.endswith("-shm") and (operation == "write" or kind not in {Kind.TORN, Kind.SHORT})
    ]
    if most is not None and most < len(numbers):
        numbers = [numbers[(2 * place + 1) * len(numbers) // (2 * most)] for place in range(most)]
    return [Fault(kind, number) for number in numbers]


def moments(seconds: float, count: int, seed: int) -> list[Moment]:
    """Kills at random moments of a command that takes so long; of every two one takes the workers along."""
    draw = random.Random(seed)  # noqa: S311
    return [Moment(draw.uniform(0, seconds), number % 2 == 0) for number in range(count)]
