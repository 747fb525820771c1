"""Indexing and searching up to ten million lines of real code, without embeddings: the lanes of T1 to T3."""

from __future__ import annotations

import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.documents import Json, markdown_table
from benchmarks.growth import SourceFile, copy_files, exponent, first_lines, shuffled, source_files
from benchmarks.peers.codesearch import WARM_UP, Codesearch
from benchmarks.plan import Plan
from benchmarks.scaling import unmeasured
from codesearch.core.errors import InputError
from codesearch.core.settings import default_settings
from codesearch.core.settings.load import user_config_file
from codesearch.core.store.snapshot import Filters
from codesearch.engine import Engine
from codesearch.query.options import SearchOptions
from codesearch.query.source import Selection

SIZES = (1_000_000, 3_000_000, 10_000_000)
MEMORY = "8GB"
QUERIES = 200
LINES = 20  # of a query, from files that are not in the index
FIGURES = (("seconds", "index"), ("peak_bytes", "memory"), ("index_bytes", "disk"), ("p95_ms", "query"))
TARGETS = "At 10 million lines: at most 1,200 s, 8 GB and 300 ms."


def run(plan: Plan) -> Json:
    """Index every sample from nothing and search it.

    Raises:
        InputError: The sources hold less code than the smallest sample and its queries need.
    """
    files = shuffled(source_files(plan.sources), plan.seed)
    sizes = [size for size in SIZES if size <= plan.max_lines]
    available = sum(file.lines for file in files)
    if not sizes or available <= sizes[-1]:
        raise InputError(
            f"scaling-lines needs more than {max(sizes, default=SIZES[0]):,} lines, not {available:,}",
            "name more code with --source, and set --max-lines",
        )
    samples = []
    with tempfile.TemporaryDirectory() as root:
        corpus, copied = Path(root) / "corpus", 0
        for size in sizes:
            sample = first_lines(files, size)
            copy_files(sample[copied:], corpus)
            copied = len(sample)
            samples.append(_measured(Path(root), corpus, sample, _snippets(files[copied:], plan.seed)))
            print("scaling-lines:", json.dumps(samples[-1]), file=sys.stderr, flush=True)
    return {
        "seed": plan.seed,
        "memory": MEMORY,
        "queries": QUERIES,
        "samples": samples,
        "exponents": {key: exponent(samples, key) for key, _ in FIGURES} if len(samples) > 2 else {},
    }


def _snippets(files: Sequence[SourceFile], seed: int) -> list[Selection]:
    """Runs of :data:`LINES` lines in files of the sources that are not indexed."""
    drawn = random.Random(seed)
    long = [file for file in files if file.lines > LINES][: 2 * QUERIES]
    starts = [drawn.randint(1, file.lines - LINES) for file in long]
    return [
        Selection(str(file.path), (start, start + LINES - 1))
        for file, start in zip(long, starts, strict=True)
    ]


def _measured(root: Path, corpus: Path, sample: Sequence[SourceFile], snippets: Sequence[Selection]) -> Json:
    index = root / ".codesearch"
    shutil.rmtree(index, ignore_errors=True)
    built = Codesearch().run(["index", str(corpus), "--no-embed", "--memory", MEMORY, "--json"], root)
    report = json.loads(built.output)
    return {
        "lines": report["lines"],
        "files": len(sample),
        "contents": report["unique_fragments"],
        "seconds": built.seconds,
        "peak_bytes": built.peak_bytes,
        "index_bytes": sum(path.stat().st_size for path in index.rglob("*") if path.is_file()),
        **_searched(index, snippets),
    }


def _searched(index: Path, snippets: Sequence[Selection]) -> Json:
    """Percentiles of whole searches, from the text to the verdicts, in one warm process."""
    engine = Engine(default_settings(), user_config_file().parent).at(index)
    options = SearchOptions.of(engine.settings.retrieval, Filters())
    elapsed: list[float] = []
    spent: list[float] = []
    with engine.searcher() as searcher:
        for snippet in snippets:
            if len(elapsed) == QUERIES + WARM_UP:
                break
            try:
                source = engine.read(snippet)
            except InputError:
                continue  # lines without code, as in a licence
            started, used = time.perf_counter(), time.process_time()
            engine.query(source, searcher, options)
            elapsed.append(1000 * (time.perf_counter() - started))
            spent.append(1000 * (time.process_time() - used))
    p50, p95 = np.percentile(elapsed[WARM_UP:], [50, 95])
    return {"p50_ms": p50, "p95_ms": p95, "cpu_p95_ms": float(np.percentile(spent[WARM_UP:], 95))}


def table(figures: Json) -> list[str]:
    """A row per sample, and the exponents."""
    rows = [
        [
            f"{sample['lines']:,}",
            f"{sample['contents']:,}",
            f"{sample['seconds']:,.0f}",
            f"{sample['peak_bytes'] / 1e9:.2f}",
            f"{sample['index_bytes'] / 1e9:.2f}",
            f"{sample['p50_ms']:.0f}",
            f"{sample['p95_ms']:.0f}",
            f"{sample['cpu_p95_ms']:.0f}",
        ]
        for sample in figures["samples"]
    ]
    return [
        f"`codesearch index --no-embed --memory {figures['memory']}` from nothing, whole processes, over",
        f"nested random samples of files; seed {figures['seed']}. Then {figures['queries']} searches for",
        f"{LINES} lines of files that are not indexed, in one process, one after the other. {TARGETS}",
        "",
        *markdown_table(
            [
                "lines",
                "distinct fragments",
                "index s",
                "peak GB",
                "disk GB",
                "query p50 ms",
                "p95 ms",
                "CPU p95 ms",
            ],
            rows,
        ),
        *unmeasured(round(figures["samples"][-1]["lines"], -6), SIZES[-1], "lines"),
        *_exponent_lines(figures["exponents"]),
    ]


def _exponent_lines(exponents: Mapping[str, float | None]) -> list[str]:
    known = [(title, exponents.get(key)) for key, title in FIGURES]
    shown = ", ".join(f"{title} {slope:.2f}" for title, slope in known if slope is not None)
    return ["", f"Exponents over the lines: {shown}."] if shown else []
