"""What a model costs: time to load, fragments a second by where one starts, bytes of an index."""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.documents import Json, markdown_table
from benchmarks.models.contenders import Contender, choose, minilm, registered, whole
from benchmarks.models.yardsticks import SETS, Parsed, Silence, parse, product
from benchmarks.plan import Plan
from benchmarks.speed import copy_standard_library
from codesearch.core.cores import available_cores
from codesearch.core.errors import EnvironmentFailure
from codesearch.core.types import Fragment
from codesearch.engine import Engine
from codesearch.evaluation.parsing import parse_labelled
from indexer.embedding.static import StaticEmbedder
from indexer.embedding.stored import as_stored
from indexer.fragments import fragments_of
from indexer.parsing.languages import registry

TIMED = "AtCoder"
TIMED_BY_TRANSFORMER = 128  # fragments; it reads 13 a second on two cores

_MILLION = 1_000_000

# In a process of its own: loads the model, then embeds one function, and prints the milliseconds of each.
_LOAD = """\
import sys, time
from indexer.embedding.registry import load_embedder
from indexer.fragments import fragments_of
from indexer.parsing.languages import registry
few = fragments_of([("def add(a, b):\\n    return a + b\\n", registry().get("python"))])
started = time.perf_counter()
embedder = load_embedder(sys.argv[1])
loaded = time.perf_counter()
embedder.embed(few)
print(1000 * (loaded - started), 1000 * (time.perf_counter() - loaded))
"""


def run(plan: Plan) -> Json:
    """Sizes and start-up of every whole model, and its rate on programs and on a library's functions.

    Raises:
        InputError: The labelled data is not there.
        EnvironmentFailure: A model cannot be loaded.
    """
    engine = product()
    models = whole(choose(registered(first=engine.settings.embedding.model), plan.only))
    transformer = minilm(plan.only)
    parsed = parse(next(item for item in SETS if item.title == TIMED), plan, renamed=False)
    measured: list[Json] = []

    def measure(title: str, fragments: Sequence[Fragment]) -> None:
        few = random.Random(plan.seed).sample(fragments, min(TIMED_BY_TRANSFORMER, len(fragments)))
        measured.extend(rates(model, title, fragments, plan.runs) for model in models)
        measured.extend(rates(model, title, few, plan.runs) for model in transformer)

    measure(f"{TIMED} test, programs", parsed.data.fragments)
    with standard_library(engine) as (whole_files, functions):
        measure("Python library, functions", functions)
    return {
        "seed": plan.seed,
        "runs": plan.runs,
        "default": models[0].name,
        "footprint": [footprint(model, plan.runs) for model in [*models, *transformer]],
        "rates": measured,
        "from_source": from_source(models[0], parsed, plan.runs),
        "whole_files": whole_files,
    }


def footprint(contender: Contender, runs: int) -> Json:
    """What a whole model takes of disk, start-up time and index; times are medians."""
    few = contender.embedder.embed(fragments_of([("x = 1", registry().get("python"))]))
    load, first = load_ms(contender.model, runs)
    return {
        "model": contender.name,
        "id": contender.embedder.id,
        "dim": contender.embedder.dim,
        "file_bytes": contender.file_bytes,
        "index_bytes_per_million": as_stored(few)[0].nbytes * _MILLION,
        "load_ms": load,
        "first_vector_ms": first,
    }


def rates(contender: Contender, title: str, fragments: Sequence[Fragment], runs: int) -> Json:
    """Fragments a second of a whole model in one process, medians; a static model in its two steps too."""
    embedder, count = contender.embedder, len(fragments)
    figures: Json = {
        "model": contender.name,
        "set": title,
        "fragments": count,
        "tokens_per_fragment": sum(len(fragment.tokens) for fragment in fragments) / count,
        "embedded_per_second": _rate(lambda: embedder.embed(fragments), count, runs),
    }
    if isinstance(embedder, StaticEmbedder):
        table = embedder.table
        features = table.rows(fragments)
        figures["features_per_fragment"] = float(np.diff(features.starts).mean())
        figures["extracted_per_second"] = _rate(lambda: table.rows(fragments), count, runs)
        figures["summed_per_second"] = _rate(lambda: embedder.embed_rows(features), count, runs)
    return figures


def from_source(contender: Contender, parsed: Parsed, runs: int) -> Json:
    """Labelled texts parsed by worker processes and embedded, the start of the workers included."""
    labelled, jobs = parsed.data.labelled, available_cores()

    def text_to_vectors() -> None:
        contender.embedder.embed(parse_labelled(labelled, jobs))

    return {
        "set": parsed.title,
        "fragments": len(labelled),
        "jobs": jobs,
        "per_second": _rate(text_to_vectors, len(labelled), runs),
    }


@contextmanager
def standard_library(engine: Engine) -> Iterator[tuple[Json, list[Fragment]]]:
    """The Python standard library as ``codesearch index`` reads it: counts and seconds by stage, and its
    distinct fragments, which are gone with the block.
    """
    with tempfile.TemporaryDirectory() as root:
        corpus = Path(root) / "python"
        files, lines = copy_standard_library(corpus)
        product = engine.at(Path(root) / ".codesearch")
        report = product.index([corpus], Silence())
        figures = {
            "files": files,
            "lines": lines,
            "model": engine.embedder.id,
            "fragments": report.counts.fragments,
            "embedded": report.embedded,
            "jobs": engine.settings.parsing.jobs or available_cores(),
            "seconds": dict(report.seconds),
        }
        with product.searcher() as searcher:
            yield figures, [searcher.snapshot.fragment(row) for row in range(len(searcher.snapshot))]


def load_ms(model: str, runs: int) -> tuple[float, float]:
    """Milliseconds to load a model in a fresh process, and then to its first vector: medians.

    Raises:
        EnvironmentFailure: The model cannot be loaded.
    """
    measured = []
    for _ in range(runs):
        done = subprocess.run(
            [sys.executable, "-c", _LOAD, model], capture_output=True, text=True, check=False
        )
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["no message"]
            raise EnvironmentFailure(f"the model {model} could not be loaded", lines[-1])
        measured.append([float(value) for value in done.stdout.split()])
    load, first = np.median(measured, axis=0).tolist()
    return load, first


def _rate(step: Callable[[], object], count: int, runs: int) -> float:
    """``count`` by the median seconds of a step."""
    seconds: Sequence[float] = [_seconds(step) for _ in range(runs)]
    return count / statistics.median(seconds)


def _seconds(step: Callable[[], object]) -> float:
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


def table(figures: Json) -> list[str]:
    """Sizes and start-up, rates, and the way from source text."""
    return [*_footprints(figures), "", *_rates(figures), "", *_from_source(figures)]


def _footprints(figures: Json) -> Iterator[str]:
    yield from (
        f"Medians, runs: {figures['runs']}. Loading is timed in a fresh process in which numpy is imported;",
        "checksums and the model's own imports count.",
        "",
    )
    head = ["model", "dimensions", "files, MB", "load, ms", "first vector, ms", "index, MB per million"]
    yield from markdown_table(head, map(_footprint_row, figures["footprint"]))


def _rates(figures: Json) -> Iterator[str]:
    yield from (
        "Fragments a second in one process: *embedded* from tokens to vectors; of a static model also its",
        "two steps, *extracted* from tokens to rows of features and *summed* from there.",
        "",
    )
    head = ["fragments", "model", "counted", "tokens", "features", "embedded/s", "extracted/s", "summed/s"]
    yield from markdown_table(head, map(_rates_row, figures["rates"]), texts=2)


def _footprint_row(item: Json) -> list[str]:
    return [
        item["model"],
        str(item["dim"]),
        "–" if item["file_bytes"] is None else f"{item['file_bytes'] / 1e6:.1f}",
        f"{item['load_ms']:,.0f}",
        f"{item['first_vector_ms']:,.1f}",
        f"{item['index_bytes_per_million'] / 1e6:,.0f}",
    ]


def _rates_row(item: Json) -> list[str]:
    keys = ("fragments", "tokens_per_fragment", "features_per_fragment", "embedded_per_second",
            "extracted_per_second", "summed_per_second")  # fmt: skip
    return [item["set"], item["model"], *(f"{item[key]:,.0f}" if key in item else "–" for key in keys)]


def _from_source(figures: Json) -> Iterator[str]:
    text, files = figures["from_source"], figures["whole_files"]
    total, embed = files["seconds"]["total"], files["seconds"]["embed"]
    yield from (
        f"From source text to vectors, {figures['default']}: {text['per_second']:,.0f} fragments a second on",
        f"the {text['fragments']:,} programs of {text['set']}'s test split, each parsed on its own by one",
        f"of {text['jobs']} processes, their start included. As `codesearch index` reads files, the Python",
        f"standard library ({files['files']:,} files, {files['lines']:,} lines) gives",
        f"{files['fragments']:,} fragments in {total:.1f} s ({files['fragments'] / total:,.0f} a second),",
        f"everything included that makes an index; embedding the {files['embedded']:,} distinct ones took",
        f"{embed:.1f} s of it ({files['embedded'] / embed:,.0f} a second).",
    )
