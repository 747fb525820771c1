"""The two costly stages of an index run, and who does them."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Protocol

from codesearch.core.protocols import Embedder, SourceFile
from indexer.folder import IndexFolder
from indexer.parsing.pool import Result, analyse_files
from indexer.parsing.worker import AnalyseOptions
from indexer.segments.assembly import Assembly, LocalAssembly
from indexer.segments.ranges import SEGMENT_ROWS


class Stages(Protocol):
    """Analyses files, and makes what they hold into segments.

    Whoever does it: results come in task order, and the same contents give the same segments.
    """

    def analyse(self, tasks: Iterable[SourceFile]) -> Generator[Result]:
        """One result per file, in order; closing the generator ends the work.

        Raises:
            CodesearchError: The files cannot be analysed at all.
        """
        ...

    def assembly(self) -> Assembly:
        """What collects the contents of one run."""
        ...


class LocalStages:
    """Parser processes of this machine; everything else in this process.

    Args:
        options: What is kept of a file and what it may cost.
        jobs: Number of parser processes.
        folder: The index.
        embedder: Of the vectors; None leaves them out.
        rows: Contents of one segment at most.
    """

    def __init__(
        self,
        options: AnalyseOptions,
        jobs: int,
        folder: IndexFolder,
        embedder: Embedder | None,
        rows: int = SEGMENT_ROWS,
    ) -> None:
        self._options = options
        self._jobs = jobs
        self._folder = folder
        self._embedder = embedder
        self._rows = rows

    def analyse(self, tasks: Iterable[SourceFile]) -> Generator[Result]:
        """One result per file, in order; closing the generator kills the processes."""
        return analyse_files(tasks, self._options, self._jobs)

    def assembly(self) -> Assembly:
        """Everything in memory, until it is written."""
        return LocalAssembly(self._folder, self._embedder, self._rows)
