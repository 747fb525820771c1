"""One measurement of a search structure in a process of its own: ``python -m benchmarks.scaling_step``.

Memory is the resident anonymous memory: what a process asked for and the system cannot take back. Pages of
mapped files are the system's to keep or to drop.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.documents import Json
from benchmarks.process import anonymous_bytes
from codesearch.core.protocols import VectorIndex
from indexer.embedding.stored import as_vectors
from indexer.vectors.flat import FlatIndex
from indexer.vectors.ivf import IvfIndex
from indexer.vectors.ivf_pq import IvfPqIndex, rows_file

RESULTS = 100  # rows asked for, as the dense lane does
_SAMPLE_SECONDS = 0.05
_APPROXIMATE: dict[str, type[IvfIndex] | type[IvfPqIndex]] = {"ivf": IvfIndex, "ivf-pq": IvfPqIndex}


def build(kind: str, path: Path) -> Json:
    """Build a structure over ``rows_file(path)`` and save it at ``path``."""
    rows = np.load(rows_file(path), mmap_mode="r")
    started, spent = time.perf_counter(), time.process_time()
    index, recall = _APPROXIMATE[kind].build(rows)
    figures = {
        "build_seconds": time.perf_counter() - started,
        "build_cpu_seconds": time.process_time() - spent,
        "recall": recall,
    }
    if isinstance(index, IvfPqIndex):
        index.save_structure(path)
        figures["shortlist"] = index.shortlist
    else:
        index.save(path)
    return {**figures, "structure_bytes": path.stat().st_size}


def query(kind: str, path: Path, queries: Path) -> Json:
    """Ask a structure one query after the other, twice, and time the second round."""
    vectors = as_vectors(np.load(queries))
    started = time.perf_counter()
    index = _opened(kind, path)
    opened = time.perf_counter() - started
    for vector in vectors:
        index.search(vector[None], RESULTS)
    walls = []
    spent = time.process_time()
    for vector in vectors:
        began = time.perf_counter()
        index.search(vector[None], RESULTS)
        walls.append(1e3 * (time.perf_counter() - began))
    return {
        "open_seconds": opened,
        "query_cpu_ms": 1e3 * (time.process_time() - spent) / len(vectors),
        "query_p50_ms": float(np.percentile(walls, 50)),
        "query_p95_ms": float(np.percentile(walls, 95)),
    }


def _opened(kind: str, path: Path) -> VectorIndex:
    if kind == "flat":
        return FlatIndex.of(np.load(rows_file(path), mmap_mode="r"))
    return _APPROXIMATE[kind].load(path)


@contextmanager
def _peak_memory(figures: Json, key: str) -> Iterator[None]:
    """Store the highest anonymous memory of the block above that at its start."""
    done = threading.Event()
    before = anonymous_bytes()
    peak = before

    def sample() -> None:
        nonlocal peak
        while not done.wait(_SAMPLE_SECONDS):
            peak = max(peak, anonymous_bytes())

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    yield
    done.set()
    thread.join()
    figures[key] = max(peak, anonymous_bytes()) - before


def main() -> None:
    """``build KIND PATH`` or ``query KIND PATH QUERIES``; prints the figures as JSON."""
    step, kind, path, *rest = sys.argv[1:]
    figures: Json = {}
    with _peak_memory(figures, f"{step}_anonymous_bytes"):
        figures |= build(kind, Path(path)) if step == "build" else query(kind, Path(path), Path(rest[0]))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
