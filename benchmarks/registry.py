"""The benchmarks by name, in the order in which the report shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks import bigclonebench, pairs, retrieval, speed
from benchmarks.documents import Json
from benchmarks.plan import Plan


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A named measurement.

    Attributes:
        title: Heading in the report.
        run: Measures; the document holds figures, counts and seeds, not the environment.
        table: Turns that document into the Markdown lines below the heading.
    """

    title: str
    run: Callable[[Plan], Json]
    table: Callable[[Json], list[str]]


BENCHMARKS: Mapping[str, Benchmark] = {
    "speed": Benchmark("Speed: the Python standard library", speed.run, speed.table),
    "bigclonebench": Benchmark("Clone detection: BigCloneBench", bigclonebench.run, bigclonebench.table),
    "retrieval": Benchmark("Retrieval of semantic clones", retrieval.run, retrieval.table),
    "pairs": Benchmark("Verdicts on labelled pairs", pairs.run, pairs.table),
}
