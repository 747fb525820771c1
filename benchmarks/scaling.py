"""How the search structures of vectors grow: memory, building and searching from 250,000 to 5 million."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.documents import Json, markdown_table
from benchmarks.peers.codesearch import Codesearch
from benchmarks.plan import CHECKOUT, Plan
from benchmarks.process import run_measured
from benchmarks.scaling_rows import BLOCK, RowSource
from benchmarks.speed import STANDARD_LIBRARY_FOLDER
from indexer.embedding.stored import Stored

SIZES = (250_000, 500_000, 1_000_000, 2_500_000, 5_000_000)
QUERIES = 300
IVF_UP_TO = 1_000_000  # its bytes are read where they are probed: beyond, it teaches nothing that is not seen
KINDS = {"flat": "exact", "ivf": "inverted file", "ivf-pq": "inverted file of codes"}
Sample = Mapping[str, Any]
"""Figures of one structure at one size, by name."""

FITTED = (
    ("build_cpu_seconds", "build, CPU s"),
    ("build_anonymous_bytes", "build, memory"),
    ("structure_bytes", "structure, bytes"),
    ("query_cpu_ms", "query, CPU ms"),
)
PAPER = (10_000_000, 100_000_000)
EVENTUAL = (1.5, 1.0, 1.0, 0.5)
"""Exponents that :data:`FITTED` tends to: every row is compared with as many centroids as the root of rows,
a query with these and a few lists of as many rows. Fixed costs make small sizes grow by less."""


def run(plan: Plan) -> Json:
    """Measure every structure at every size up to ``plan.max_rows``, each step a process of its own."""
    sizes = [size for size in SIZES if size <= plan.max_rows] or [plan.max_rows]
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        source = RowSource.fitted(_real_rows(folder), plan.seed)
        queries = folder / "queries.npy"
        np.save(queries, source.block(-(-max(sizes) // BLOCK) + 1)[:QUERIES])  # a block that no size reaches
        samples = []
        for size in sizes:
            for kind in KINDS:
                if kind == "ivf" and size > IVF_UP_TO:
                    continue
                samples.append(_measured(folder, source, kind, size, queries))
                print("scaling:", json.dumps(samples[-1]), file=sys.stderr, flush=True)
    return {
        "dim": int(source.centres.shape[1]),
        "seed": plan.seed,
        "queries": QUERIES,
        "samples": samples,
        "exponents": {kind: _exponents(samples, kind) for kind in KINDS},
    }


def _real_rows(folder: Path) -> Stored:
    """int8 [n, dim]: the vectors of the standard library's fragments."""
    options = ["--index", str(folder / "index"), "index", str(STANDARD_LIBRARY_FOLDER)]
    Codesearch().run([*options, "--exclude", "site-packages/**"], folder)
    parts = sorted((folder / "index" / "segments").glob("*/vectors.npy"))
    return np.concatenate([np.load(part) for part in parts])


def _measured(folder: Path, source: RowSource, kind: str, size: int, queries: Path) -> Json:
    path = folder / "rows.faiss"
    rows = path.with_suffix(".npy")
    if not rows.exists() or len(np.load(rows, mmap_mode="r")) != size:
        source.write(rows, size)
    figures: Json = {"kind": kind, "rows": size}
    if kind == "flat":
        figures |= {"recall": 1.0, "structure_bytes": size * source.centres.shape[1]}
    else:
        figures |= _step("build", kind, path)
    return figures | _step("query", kind, path, queries)


def _step(name: str, kind: str, path: Path, *more: Path) -> Json:
    command = [sys.executable, "-m", "benchmarks.scaling_step", name, kind, str(path), *map(str, more)]
    figures: Json = json.loads(run_measured(command, CHECKOUT).output)
    return figures


def _exponents(samples: Iterable[Sample], kind: str) -> dict[str, float | None]:
    chosen = [sample for sample in samples if sample["kind"] == kind]
    return {key: fit(chosen, key)[0] for key, _ in FITTED}


def fit(samples: Sequence[Sample], key: str) -> tuple[float | None, float]:
    """Exponent and factor of a figure over the rows, by least squares of logarithms; None for too few."""
    points = [(sample["rows"], sample[key]) for sample in samples if sample.get(key, 0) > 0]
    if len(points) < 3:
        return None, 0.0
    rows, values = np.log(np.array(points, np.float64)).T
    slope, offset = np.polyfit(rows, values, 1)
    return float(slope), float(np.exp(offset))


def table(figures: Json) -> list[str]:
    """A row per structure and size, the exponents, and what they say of larger sizes."""
    samples = figures["samples"]
    return [
        f"Synthetic vectors of {figures['dim']} signed bytes, fitted to the embeddings of the functions of",
        f"Python's standard library; seed {figures['seed']}. {figures['queries']} queries that are no rows,",
        "one after the other in one thread, 100 results each, files in the system's cache. Memory is what a",
        "process asks for; mapped files come on top as far as there is room. Recall is of the 10 nearest",
        "others, after re-ranking. The index deals its contents out to segments of at most",
        "`index.segment_rows`, each with such a structure: a search costs as much as those of all together.",
        "",
        *markdown_table(
            ["structure", "vectors", "build s (CPU)", "build MB", "structure MB", "bytes/vector", "search MB",
             "query ms (CPU)", "p95 ms", "recall@10"],
            [_row(sample) for sample in samples],
        ),
        *unmeasured(max(sample["rows"] for sample in samples), SIZES[-1], "vectors"),
        "",
        "Exponents over the number of vectors: 1 is linear, 0.5 the square root.",
        "",
        *markdown_table(
            ["structure", *(title for _, title in FITTED)],
            [[KINDS[kind], *(_shown(exponents[key]) for key, _ in FITTED)]
             for kind, exponents in figures["exponents"].items()],
        ),
        *_on_paper([sample for sample in samples if sample["kind"] == "ivf-pq"]),
    ]  # fmt: skip


def unmeasured(largest: int, wanted: int, unit: str) -> list[str]:
    """Lines that say so where sizes were left out."""
    return [] if largest >= wanted else ["", f"Up to {wanted:,} {unit} have not been measured yet."]


def _row(sample: Sample) -> list[str]:
    built = sample["kind"] != "flat"
    return [
        KINDS[str(sample["kind"])],
        f"{sample['rows']:,}",
        f"{sample['build_seconds']:,.0f} ({sample['build_cpu_seconds']:,.0f})" if built else "–",
        f"{sample['build_anonymous_bytes'] / 1e6:,.0f}" if built else "–",
        f"{sample['structure_bytes'] / 1e6:,.0f}",
        f"{sample['structure_bytes'] / sample['rows']:.0f}",
        f"{sample['query_anonymous_bytes'] / 1e6:,.0f}",
        f"{sample['query_cpu_ms']:.2f}",
        f"{sample['query_p95_ms']:.2f}",
        f"{sample['recall']:.3f}",
    ]


def _on_paper(samples: Sequence[Sample]) -> list[str]:
    """What the curves of the codes say of larger sizes; nothing where they cover less than a decade."""
    sizes = [sample["rows"] for sample in samples]
    if len(sizes) < 3 or max(sizes) < 10 * min(sizes):
        return []
    return [
        "",
        "On paper, from the largest size on by these exponents or those they tend to (1.5, 1, 1 and 0.5),",
        "whichever is higher, for one structure of codes on one machine:",
        "",
        *markdown_table(
            ["vectors", "build CPU", "build memory", "structure", "query CPU"],
            [_extrapolated(samples, rows) for rows in PAPER],
        ),
    ]


def _extrapolated(samples: Sequence[Sample], rows: int) -> list[str]:
    largest = max(samples, key=lambda sample: int(sample["rows"]))
    seconds, memory, size, query = (
        largest[key] * (rows / largest["rows"]) ** max(fit(samples, key)[0] or 0.0, eventual)
        for (key, _), eventual in zip(FITTED, EVENTUAL, strict=True)
    )
    return [
        f"{rows:,}",
        f"{seconds / 3600:.1f} h",
        f"{memory / 1e9:.1f} GB",
        f"{size / 1e9:.1f} GB",
        f"{query:.1f} ms",
    ]


def _shown(slope: float | None) -> str:
    return "–" if slope is None else f"{slope:.2f}"
