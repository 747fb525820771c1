"""How time, memory and comparisons of an audit grow with the code.

Nested random samples of the files of one mix of sources: every file has a random place in one order, and a
sample is the files up to a number of lines, so each holds the smaller ones and has the mix of the whole. The
exponents are slopes of least squares between logarithms: 1 is linear, 2 is quadratic.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.documents import Json, markdown_table
from benchmarks.peers.codesearch import Codesearch
from benchmarks.peers.codesearch_audit import compared_pairs
from benchmarks.plan import Plan
from benchmarks.process import Measured, Medians
from benchmarks.speed import STANDARD_LIBRARY_FOLDER, standard_library_files
from codesearch.core.errors import InputError
from indexer.parsing.languages import registry

SMALLEST = 100_000  # lines of the smallest sample; below, starting the process is most of the time
SIZES = 5  # samples at least
PER_DECADE = 3  # samples where the range is wide
STANDARD_LIBRARY = "Python standard library"

FIGURES = (
    ("seconds", "seconds"),
    ("peak_bytes", "peak memory"),
    ("compared", "verified candidate pairs"),
)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a source.

    Attributes:
        source: What it is part of.
        path: Where it lies.
        relative: Its path below the source's folder.
        lines: Number of its lines.
    """

    source: str
    path: Path
    relative: Path
    lines: int


def run_semantic(plan: Plan) -> Json:
    """The same with the dense lane, of which only the time is told: its pairs are settled by a model.

    Raises:
        InputError: As of :func:`run`.
    """
    return run(plan, types="all")


def run(plan: Plan, types: str = "T1,T2,T3") -> Json:
    """Audit every sample from nothing, ``plan.runs`` times.

    Raises:
        InputError: A source cannot be read, or all together are too small.
    """
    files = shuffled(source_files(plan.sources), plan.seed)
    sizes = sample_sizes(sum(file.lines for file in files), plan.max_lines)
    samples = []
    with tempfile.TemporaryDirectory() as root:
        corpus = Path(root) / "corpus"
        copied = 0
        for size in sizes:
            sample = first_lines(files, size)
            copy_files(sample[copied:], corpus)
            copied = len(sample)
            samples.append(_measured(corpus, sample, plan.runs, types))
            print(f"growth: {size:,} lines, {samples[-1]['seconds']:.0f} s", file=sys.stderr)
    return {
        "seed": plan.seed,
        "runs": plan.runs,
        "types": types,
        "sources": counts(files),
        "samples": samples,
        "exponents": {key: exponent(samples, key) for key, _ in FIGURES},
    }


def table(figures: Json) -> list[str]:
    """What was sampled, a row per sample, and the fitted exponents."""
    sources = named_sources(figures["sources"])
    rows = [
        [
            f"{sample['lines']:,}",
            f"{sample['files']:,}",
            f"{sample['seconds']:.1f}",
            f"{sample['peak_bytes'] / 1e6:,.0f}",
            f"{sample['compared']:,}",
        ]
        for sample in figures["samples"]
    ]
    exponents = ["exponent", "", *(_shown(figures["exponents"][key]) for key, _ in FIGURES)]
    head = ["lines", "files", "seconds", "peak MB", "verified candidate pairs"]
    return [
        f"Nested random samples of the files of: {sources}; seed {figures['seed']}, runs: {figures['runs']}.",
        f"`codesearch audit --types {figures['types']}` from nothing, whole processes. Exponents are fitted",
        "to the lines: 1 is linear, 2 is quadratic.",
        "",
        *markdown_table(head, [*rows, exponents]),
    ]


def sample_sizes(available: int, most: int) -> list[int]:
    """Numbers of lines, ascending and equally apart as logarithms, from :data:`SMALLEST` up to ``most``.

    Raises:
        InputError: There is not that much code.
    """
    largest = min(available, most)
    if largest < 2 * SMALLEST:
        raise InputError(
            f"growth needs samples from {SMALLEST:,} to at least {2 * SMALLEST:,} lines, not {largest:,}",
            "name more code with --source, or raise --max-lines",
        )
    count = max(SIZES, round(PER_DECADE * np.log10(largest / SMALLEST)) + 1)
    return [round(float(size)) for size in np.geomspace(SMALLEST, largest, count)]


def shuffled(files: Iterable[SourceFile], seed: int) -> list[SourceFile]:
    """All files in the one random order from which every sample takes the first."""
    ordered = sorted(files, key=lambda file: (file.source, file.relative.as_posix()))
    random.Random(seed).shuffle(ordered)
    return ordered


def first_lines(files: Sequence[SourceFile], lines: int) -> Sequence[SourceFile]:
    """The first files that have at most so many lines together."""
    totals = np.cumsum([file.lines for file in files])
    return files[: int(np.searchsorted(totals, lines, "right"))]


def exponent(samples: Sequence[Mapping[str, float]], key: str) -> float | None:
    """Slope of a figure over the lines, as logarithms; None where the figure is 0 in a sample."""
    values = np.array([sample[key] for sample in samples], np.float64)
    if (values <= 0).any():
        return None
    lines = np.log([sample["lines"] for sample in samples])
    return float(np.polyfit(lines, np.log(values), 1)[0])


def _shown(slope: float | None) -> str:
    return "–" if slope is None else f"{slope:.2f}"


def source_files(sources: Mapping[str, Path]) -> Iterable[SourceFile]:
    """The standard library's files and those of other sources, by name and folder.

    Raises:
        InputError: A source is no folder.
    """
    for path in standard_library_files():
        yield _source_file(STANDARD_LIBRARY, path, STANDARD_LIBRARY_FOLDER)
    for name, folder in sources.items():
        if not folder.is_dir():
            raise InputError(f"no folder of code at {folder}", "name one with --source NAME=FOLDER")
        for path in folder.rglob("*"):
            if registry().for_path(path.name) is not None and path.is_file() and not path.is_symlink():
                yield _source_file(name, path, folder)


def _source_file(source: str, path: Path, folder: Path) -> SourceFile:
    return SourceFile(source, path, path.relative_to(folder), path.read_bytes().count(b"\n"))


def copy_files(files: Iterable[SourceFile], corpus: Path) -> None:
    """Copy files into a folder, one folder per source in it."""
    for file in files:
        target = corpus / file.source / file.relative
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.path, target)


def named_sources(sources: Json) -> str:
    """What :func:`counts` counted, in words."""
    return ", ".join(
        f"{name} ({count['files']:,} files, {count['lines']:,} lines)" for name, count in sources.items()
    )


def _measured(corpus: Path, sample: Sequence[SourceFile], runs: int, types: str) -> Json:
    with tempfile.TemporaryDirectory() as root:
        measured: list[Measured] = []
        for _ in range(runs):
            shutil.rmtree(Path(root) / ".codesearch", ignore_errors=True)
            measured.append(Codesearch().run(["audit", str(corpus), "--types", types, "--json"], Path(root)))
        medians = Medians.of(measured)
        return {
            "files": len(sample),
            "lines": sum(file.lines for file in sample),
            "seconds": medians.seconds,
            "peak_bytes": medians.peak_bytes,
            "compared": compared_pairs(Path(root), corpus, types),
        }


def counts(files: Iterable[SourceFile]) -> Json:
    """Files and lines of every source, by its name."""
    found: Json = {}
    for file in files:
        of_source = found.setdefault(file.source, {"files": 0, "lines": 0})
        of_source["files"] += 1
        of_source["lines"] += file.lines
    return dict(sorted(found.items()))
