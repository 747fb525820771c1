"""Files are analysed in tasks: each reads a batch of them and leaves what it found on the shared disk."""

from __future__ import annotations

import atexit
import shutil
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from codesearch.core.protocols import SourceFile
from codesearch.distributed.cluster import Cluster
from codesearch.distributed.parts import is_reusable, part_name, read_part, write_part
from indexer.parsing.pool import GuardedProcesses, Result
from indexer.parsing.process import WorkerLimits
from indexer.parsing.worker import AnalyseOptions, analyse_file

_BATCH_FILES = 128
_BATCH_BYTES = 1 << 20  # about 0.5 s of work: Ray needs some ms for a task, and one that dies is done again


@dataclass(frozen=True, slots=True)
class Analysis:
    """What all batches of a run have in common.

    Attributes:
        options: What is kept of a file and what it may cost.
        folder: Where parts go.
        started_ns: When the run began.
        key: What names of parts are keyed by.
    """

    options: AnalyseOptions
    folder: Path
    started_ns: int
    key: bytes


def analyse_on(cluster: Cluster, analysis: Analysis, tasks: Iterable[SourceFile]) -> Generator[Result]:
    """One result per file, in order; see :mod:`indexer.parsing.pool` for what happens to bad files.

    Raises:
        EnvironmentFailure: The cluster failed, or a node cannot start parser processes.
        IndexFailure: A part that a node wrote cannot be read here.
    """
    for name in cluster.map(analyse_batch, analysis, batches(tasks)):
        yield from read_part(analysis.folder / name)


def batches(tasks: Iterable[SourceFile]) -> Iterator[tuple[SourceFile, ...]]:
    """The files in runs that depend on nothing but them, so that the next run finds the same."""
    batch: list[SourceFile] = []
    size = 0
    for task in tasks:
        batch.append(task)
        size += task.size
        if len(batch) >= _BATCH_FILES or size >= _BATCH_BYTES:
            yield tuple(batch)
            batch, size = [], 0
    if batch:
        yield tuple(batch)


def analyse_batch(analysis: Analysis, batch: Sequence[SourceFile]) -> str:
    """What a node runs: the name of the part with the results; it may be there from an earlier run."""
    name = part_name(batch, analysis.options, analysis.key)
    folder = analysis.folder / name
    if not is_reusable(folder, batch):
        shutil.rmtree(folder, ignore_errors=True)
        write_part(folder, _processes(analysis.options).run(batch), analysis.started_ns)
    return name


@cache
def _processes(options: AnalyseOptions) -> GuardedProcesses:
    """Parser processes, which outlive a task: starting one costs as much as a hundred files."""
    limits = WorkerLimits(options.time_limit, options.memory_limit)
    processes = GuardedProcesses(partial(analyse_file, options=options), limits)
    atexit.register(processes.close)
    return processes
