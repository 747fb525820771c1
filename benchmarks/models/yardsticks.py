"""The test splits that are asked, parsed, and one measurement on them."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from benchmarks.documents import Json
from benchmarks.models.contenders import Precomputed
from benchmarks.plan import Plan
from codesearch.core.cores import available_cores
from codesearch.core.settings import default_settings
from codesearch.core.settings.load import user_config_file
from codesearch.engine import Engine
from codesearch.evaluation.lanes import LaneName
from codesearch.evaluation.run import ParsedSet, RetrievalOptions, measure_retrieval, read_parsed
from codesearch.evaluation.stopwatch import Stopwatch


@dataclass(frozen=True, slots=True)
class Yardstick:
    """A labelled set whose test split is asked.

    Attributes:
        title: As tables show it.
        stem: Of its file.
        language_pairs: Whether it has fragments enough to measure each pair of languages.
        lanes: Whether all lanes and the reranker are measured on it.
        templated: Whether its names come from a template that all fragments of a problem share, so that only
            without them its figures say anything about code.
        sampled: Whether the transformer reads a sample of it.
    """

    title: str
    stem: str
    language_pairs: bool = False
    lanes: bool = False
    templated: bool = False
    sampled: bool = False


SETS = (
    Yardstick("POJ-104", "poj104", sampled=True),
    Yardstick("AtCoder", "atcoder", language_pairs=True, lanes=True, sampled=True),
    Yardstick("LeetCode", "leetcode", templated=True),
    Yardstick("Rosetta Code", "rosetta", language_pairs=True, lanes=True),
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A test split, parsed.

    Attributes:
        title: Of its set.
        options: What it was read with; measures the dense lane with all queries.
        data: Its fragments.
    """

    title: str
    options: RetrievalOptions
    data: ParsedSet


def parse(yardstick: Yardstick, plan: Plan, *, renamed: bool) -> Parsed:
    """Read and parse a test split.

    Raises:
        InputError: The labelled data is not there.
    """
    options = RetrievalOptions(
        fragments=plan.data / f"{yardstick.stem}.jsonl.gz",
        splits=("test",),
        queries=None,
        seed=plan.seed,
        lane=LaneName.DENSE,
        rerank=False,
        renamed=renamed,
        language_pairs=False,
        jobs=available_cores(),
    )
    return Parsed(yardstick.title, options, read_parsed(options, Silence()))


def sample(parsed: Parsed, size: int, seed: int) -> Parsed:
    """At most ``size`` of its fragments, drawn at random."""
    everything = parsed.data
    count = len(everything.labelled)
    chosen = sorted(random.Random(seed).sample(range(count), min(count, size)))
    labelled = [everything.labelled[place] for place in chosen]
    fragments = [everything.fragments[place] for place in chosen]
    return replace(parsed, data=ParsedSet(labelled, fragments))


def measure(engine: Engine, vectors: Precomputed, parsed: Parsed, options: RetrievalOptions) -> Json:
    """The ``codesearch.eval-retrieval/1`` document of one measurement."""
    return measure_retrieval(engine, vectors, parsed.data, options, Silence(), Stopwatch())


def product() -> Engine:
    """The product with the packaged defaults, whatever the user has set."""
    return Engine(default_settings(), user_config_file().parent)


class Silence:
    """Progress that nobody watches."""

    def stage(self, label: str, unit: str, total: int | None = None) -> None:
        """Say nothing."""

    def advance(self, done: int) -> None:
        """Say nothing."""
