"""codesearch itself, through the same commands and engine that users call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.environment import installed_version
from benchmarks.peers import Pair
from benchmarks.process import Measured, installed_command, run_measured
from codesearch.core.errors import EnvironmentFailure


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
        """Pairs of files with the verdict ``clone`` when every file is a query against all of them."""
        raise EnvironmentFailure(
            "the engine cannot answer for all fragments of an index yet", f"asked for {folder}"
        )

    def warm_retrieval_ms(self, folder: Path, count: int, seed: int) -> list[float]:
        """Milliseconds per retrieval, in one warm process, of random fragments of the index in ``folder``."""
        raise EnvironmentFailure(
            "the engine cannot be asked for fragments yet", f"asked for {count} of {folder}, {seed}"
        )
