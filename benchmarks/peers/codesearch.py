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
from codesearch.core.settings import default_settings
from codesearch.core.settings.load import user_config_file
from codesearch.engine import Engine

JOIN_CANDIDATES = 100  # per lane and function, as a query has by default
WARM_UP = 5  # the first searches fault in the mapped arrays


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

    def reported_pairs(self, folder: Path) -> set[Pair]:
        """Pairs of files with the verdict ``clone`` when every function is a query against all of them.

        Raises:
            EnvironmentFailure: The command fails.
        """
        with tempfile.TemporaryDirectory() as index:
            self.run(["--quiet", "index", str(folder)], Path(index))
            with _engine(Path(index)).searcher() as searcher:
                files = {
                    row: sorted({place.path for place in places})
                    for row, places in searcher.places_of(range(len(searcher.snapshot))).items()
                }
                pairs = {pair for copies in files.values() for pair in combinations(copies, 2)}
                for row, other, _ in searcher.clone_pairs(JOIN_CANDIDATES):
                    pairs.update((min(a, b), max(a, b)) for a in files[row] for b in files[other] if a != b)
                return pairs

    def warm_retrieval_ms(self, folder: Path, count: int, seed: int) -> list[float]:
        """Milliseconds per retrieval, in one warm process, of random fragments of the index in ``folder``."""
        engine = _engine(folder)
        with engine.searcher() as searcher:
            rows = random.Random(seed).sample(range(len(searcher.snapshot)), count + WARM_UP)
            elapsed = []
            for row in rows:
                fragment = searcher.snapshot.fragment(row)
                started = time.perf_counter()
                searcher.retriever.search([fragment], engine.settings.retrieval.candidates)
                elapsed.append(1000 * (time.perf_counter() - started))
            return elapsed[WARM_UP:]


def _engine(folder: Path) -> Engine:
    """The engine with the packaged defaults, whatever the user has configured."""
    return Engine(default_settings(), user_config_file().parent).at(folder / ".codesearch")
