"""codesearch itself, through the same commands and engine that users call."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from benchmarks.environment import installed_version
from benchmarks.peers import Pair
from benchmarks.process import Measured, installed_command, run_measured
from codesearch.core.results import Decision, Verdict
from codesearch.core.settings import Settings, default_settings
from codesearch.core.settings.load import user_config_file
from codesearch.engine import Engine

JOIN_CANDIDATES = 100  # per lane and function, as a query has by default
WARM_UP = 5  # the first searches fault in the mapped arrays
WEAKEST = 0.4  # textual strength of the weakest pairs that are kept: no threshold in question is lower


@dataclass(frozen=True, slots=True)
class ScoredPair:
    """Two files and what the verdict about them rests on.

    Attributes:
        files: Their names, in order.
        equal: Fingerprints settled it.
        strength: Textual strength, 0 to 1.
        reranked: True when the reranker calls it a clone.
    """

    files: Pair
    equal: bool
    strength: float
    reranked: bool

    def textual(self, threshold: float) -> bool:
        """The verdict ``clone`` by fingerprints and text alone, with a threshold of textual strength."""
        return self.equal or self.strength >= threshold


@dataclass(frozen=True, slots=True)
class Codesearch:
    """codesearch with its default settings."""

    name: str = "codesearch"

    def version(self) -> str:
        """Version of the distribution."""
        return installed_version("codesearch-clones")

    def run(self, arguments: Sequence[str], folder: Path) -> Measured:
        """One command in a fresh process; ``folder`` is where it creates and finds ``.codesearch``.

        Raises:
            EnvironmentFailure: The command fails.
        """
        return run_measured([installed_command("codesearch"), *arguments], folder)

    def scored_pairs(self, folder: Path) -> list[ScoredPair]:
        """Pairs of files whose function is a query against all others, whatever its size.

        Raises:
            EnvironmentFailure: The index cannot be built.
        """
        with tempfile.TemporaryDirectory() as index:
            engine = Engine(_any_size(), user_config_file().parent).at(Path(index) / ".codesearch")
            engine.index([folder], Silence())
            with engine.searcher() as searcher:
                files = {
                    row: sorted({place.path for place in places})
                    for row, places in searcher.places_of(range(len(searcher.snapshot))).items()
                }
                scored = [
                    ScoredPair(pair, True, 1.0, False)
                    for copies in files.values()
                    for pair in combinations(copies, 2)
                ]
                threshold = engine.cascade.clone_threshold
                for row, other, decision in searcher.joined(JOIN_CANDIDATES):
                    if decision.scores["near_miss"] >= WEAKEST or decision.verdict is Verdict.CLONE:
                        scored += _between(files[row], files[other], decision, threshold)
                return scored

    def warm_retrieval_ms(self, folder: Path, count: int, seed: int) -> list[float]:
        """Milliseconds per retrieval, in one warm process, of random fragments of the index in ``folder``."""
        engine = Engine(default_settings(), user_config_file().parent).at(folder / ".codesearch")
        with engine.searcher() as searcher:
            rows = random.Random(seed).sample(range(len(searcher.snapshot)), count + WARM_UP)
            elapsed = []
            for row in rows:
                fragment = searcher.snapshot.fragment(row)
                started = time.perf_counter()
                searcher.retriever.search([fragment], engine.settings.retrieval.candidates)
                elapsed.append(1000 * (time.perf_counter() - started))
            return elapsed[WARM_UP:]


class Silence:
    """Progress that nobody watches."""

    def stage(self, label: str, unit: str, total: int | None = None) -> None:
        """Say nothing."""

    def advance(self, done: int) -> None:
        """Say nothing."""


def _any_size() -> Settings:
    """The packaged defaults, but with no minimum size: labelled functions count whatever their size."""
    settings = default_settings()
    fragments = settings.fragments.model_copy(update={"min_lines": 1, "min_tokens": 1})
    return settings.model_copy(update={"fragments": fragments})


def _between(
    ours: Sequence[str], theirs: Sequence[str], decision: Decision, threshold: float
) -> list[ScoredPair]:
    equal = decision.scores["fingerprint"] > 0
    reranked = decision.scores["rerank"] >= threshold
    strength = decision.scores["near_miss"]
    return [
        ScoredPair((min(a, b), max(a, b)), equal, strength, reranked) for a in ours for b in theirs if a != b
    ]
