"""Time and memory of whole processes on the Python standard library, beside jscpd on the same files.

Every figure is a median; memory is the peak of the proportional set size summed over the process tree.
"""

from __future__ import annotations

import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.documents import Json, markdown_table
from benchmarks.peers.codesearch import Codesearch
from benchmarks.peers.jscpd import Jscpd
from benchmarks.plan import CHECKOUT, Plan
from benchmarks.process import Measured
from benchmarks.turns import Step, in_turns
from codesearch.core.errors import EnvironmentFailure

RETRIEVALS = 200
EDITED = "argparse.py"  # a file of ordinary size
QUERIES = ("FileTools.java", "text_utils.py")
STANDARD_LIBRARY_FOLDER = Path(sysconfig.get_path("stdlib"))
NOT_SHIPPED_CODE = {"site-packages", "__pycache__"}
REFERENCE = "jscpd: default"

JSCPD = (
    Jscpd("default"),
    Jscpd("identifiers and literals ignored", ("--ignore-identifiers", "--ignore-literals")),
    Jscpd("similarity .8", ("--similarity=0.8",)),
)
"""jscpd leaves test files out of its similarity mode; codesearch and the other modes read all files."""


def run(plan: Plan) -> Json:
    """Measure every step ``plan.runs`` times."""
    with tempfile.TemporaryDirectory() as root:
        corpus = Path(root) / "python"
        files, lines = copy_standard_library(corpus)
        turns = in_turns("speed", plan, lambda turn: _steps(corpus, Path(root), turn))
        return {
            "files": files,
            "lines": lines,
            "runs": plan.runs,
            "seed": plan.seed,
            "steps": turns.medians(),
            "unavailable": turns.unavailable,
            "warm_retrieval": _warm_retrieval(Path(root), plan),
        }


def table(figures: Json) -> list[str]:
    """Seconds and memory per step, with ratios to jscpd's default mode."""
    steps = figures["steps"]
    reference = steps.get(REFERENCE)
    rows = []
    for name, step in steps.items():
        cells = [f"{step['seconds']:.2f}", f"{step['peak_bytes'] / 1e6:,.0f}"]
        ratios = [
            f"{step[key] / reference[key]:.2f}" if reference else "–" for key in ("seconds", "peak_bytes")
        ]
        rows.append([name, *cells, *ratios])
    rows += [[name, *["–"] * 4] for name in figures["unavailable"]]
    head = ["step, as a fresh process", "seconds", "peak MB", "time / jscpd", "memory / jscpd"]
    lines = [
        f"{figures['files']:,} files, {figures['lines']:,} lines; medians, runs: {figures['runs']}.",
        "Peak memory is the proportional set size summed over the process tree; ratios are to",
        "jscpd's default mode in the same run.",
        "",
        *markdown_table(head, rows),
    ]
    warm = figures["warm_retrieval"]
    if warm:
        lines += [
            "",
            f"Retrieval in a warm process, {warm['fragments']} random fragments: median {warm['p50_ms']:.1f}"
            f" ms, 95th percentile {warm['p95_ms']:.1f} ms.",
        ]
    return lines


def copy_standard_library(target: Path) -> tuple[int, int]:
    """Copy the interpreter's own Python files, not installed packages; gives their number and their lines."""
    files = lines = 0
    for path in standard_library_files():
        copy = target / path.relative_to(STANDARD_LIBRARY_FOLDER)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        files += 1
        lines += copy.read_bytes().count(b"\n")
    return files, lines


def standard_library_files() -> Iterator[Path]:
    """The interpreter's own Python files, not installed packages, by path."""
    for path in sorted(STANDARD_LIBRARY_FOLDER.rglob("*.py")):
        if NOT_SHIPPED_CODE.isdisjoint(path.relative_to(STANDARD_LIBRARY_FOLDER).parts):
            yield path


def edit_one_file(corpus: Path, turn: int) -> None:
    """Add a function to :data:`EDITED` that no other turn wrote, so that the file really changes."""
    body = "".join(f"    total += values[{turn}] * {step}\n" for step in range(8))
    with (corpus / EDITED).open("a", encoding="utf-8") as stream:
        stream.write(f"\n\ndef edited_in_turn_{turn}(values):\n    total = {turn}\n{body}    return total\n")


def _steps(corpus: Path, root: Path, turn: int) -> Sequence[tuple[str, Step]]:
    """The steps of one turn in order; those of codesearch build on each other."""
    product = Codesearch()
    index = ["index", str(corpus), "--json"]

    def index_from_nothing() -> Measured:
        shutil.rmtree(root / ".codesearch", ignore_errors=True)
        return product.run(index, root)

    def index_one_changed() -> Measured:
        edit_one_file(corpus, turn)
        return product.run(index, root)

    def query(name: str) -> Step:
        path = CHECKOUT / "examples" / "query" / name
        return lambda: product.run(["query", str(path), "--json"], root)

    def scan(setting: Jscpd) -> Step:
        output = root / "jscpd"
        return lambda: setting.run(corpus, output)

    return [
        ("codesearch: --help", lambda: product.run(["--help"], root)),
        ("codesearch: index from nothing", index_from_nothing),
        ("codesearch: index, nothing changed", lambda: product.run(index, root)),
        ("codesearch: index, one file changed", index_one_changed),
        *((f"codesearch: query {name}", query(name)) for name in QUERIES),
        *((f"jscpd: {setting.name}", scan(setting)) for setting in JSCPD),
    ]


def _warm_retrieval(root: Path, plan: Plan) -> Json | None:
    """Percentiles over random fragments; None where the product cannot be asked."""
    if plan.only and not "codesearch".startswith(plan.only):
        return None
    try:
        milliseconds = Codesearch().warm_retrieval_ms(root, RETRIEVALS, plan.seed)
    except EnvironmentFailure as error:
        print(f"speed: warm retrieval left out: {error}", file=sys.stderr)
        return None
    p50, p95 = np.percentile(milliseconds, [50, 95])
    return {"fragments": len(milliseconds), "p50_ms": float(p50), "p95_ms": float(p95)}
