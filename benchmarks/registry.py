"""The benchmarks by name, in the order in which the pages show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks import (
    ablations,
    audit,
    bigclonebench,
    cluster,
    crash,
    fuzz,
    gpu,
    growth,
    hostile,
    judge,
    judged,
    licensed,
    pairs,
    retrieval,
    scaling,
    scaling_lines,
    serving,
    soak,
    speed,
)
from benchmarks.documents import BENCHMARKS_PAGE, MODELS_PAGE, RELIABILITY_PAGE, SCALING_PAGE, Json, Page
from benchmarks.models import cost, lanes, quality
from benchmarks.models import page as models
from benchmarks.plan import Plan


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A named measurement.

    Attributes:
        title: Heading on its page.
        run: Measures; the document holds figures, counts and seeds, not the environment. None for results
            that are kept from training runs.
        table: Turns that document into the Markdown lines below the heading.
        page: Where it is shown.
    """

    title: str
    run: Callable[[Plan], Json] | None
    table: Callable[[Json], list[str]]
    page: Page = BENCHMARKS_PAGE


BENCHMARKS: Mapping[str, Benchmark] = {
    "speed": Benchmark("Speed: the Python standard library", speed.run, speed.table),
    "audit": Benchmark("Audits: the Python standard library", audit.run, audit.table),
    "growth": Benchmark("Audits: growth with the code", growth.run, growth.table),
    "growth-semantic": Benchmark("Audits: growth with the dense lane", growth.run_semantic, growth.table),
    "cluster": Benchmark("A Ray cluster: two nodes on one machine", cluster.run, cluster.table),
    "gpu": Benchmark("On a GPU", gpu.run, gpu.table),
    "serving": Benchmark("The server: the Python standard library", serving.run, serving.table),
    "bigclonebench": Benchmark("Clone detection: BigCloneBench", bigclonebench.run, bigclonebench.table),
    "judged": Benchmark("Judged precision of audits", None, judged.table),
    "retrieval": Benchmark("Retrieval of semantic clones", retrieval.run, retrieval.table),
    "pairs": Benchmark("Verdicts on labelled pairs", pairs.run, pairs.table),
    "judge": Benchmark("The judge without a model", judge.run, judge.table),
    "models": Benchmark("Embedders", quality.run, models.table, MODELS_PAGE),
    "lanes": Benchmark("Lanes, fusion and reranker", lanes.run, lanes.table, MODELS_PAGE),
    "cost": Benchmark("Cost", cost.run, cost.table, MODELS_PAGE),
    "licensed": Benchmark("Licensed training data only", None, licensed.table, MODELS_PAGE),
    "scaling": Benchmark(
        "Search structures: growth with the vectors", scaling.run, scaling.table, SCALING_PAGE
    ),
    "scaling-lines": Benchmark(
        "Lanes of T1 to T3: growth with the lines", scaling_lines.run, scaling_lines.table, SCALING_PAGE
    ),
    "hostile": Benchmark("Hostile trees", hostile.run, hostile.table, RELIABILITY_PAGE),
    "crash": Benchmark("Crashes", crash.run, crash.table, RELIABILITY_PAGE),
    "fuzz": Benchmark("Fuzzing", fuzz.run, fuzz.table, RELIABILITY_PAGE),
    "soak": Benchmark("Under three times the rated load", soak.run, soak.table, RELIABILITY_PAGE),
    "ablations": Benchmark("What training was tried with", None, ablations.table, MODELS_PAGE),
}
