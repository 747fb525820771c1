"""Whole-repository audits of the Python standard library: time and memory of whole processes, beside jscpd.

Every figure is a median; memory is the peak of the proportional set size summed over the process tree. The
same code is also audited with several numbers of workers, whose JSON must not differ by a byte.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.documents import Json, markdown_table
from benchmarks.peers.codesearch import Codesearch
from benchmarks.peers.jscpd import Jscpd
from benchmarks.plan import Plan
from benchmarks.process import Measured
from benchmarks.speed import copy_standard_library, edit_one_file
from benchmarks.turns import Step, in_turns
from codesearch.core.errors import EnvironmentFailure

WORKERS = (1, 2, 4)
FROM_NOTHING = "codesearch: audit from nothing"
UNCHANGED = "codesearch: audit, nothing changed"
EDITED = "codesearch: audit, one file changed"
REFERENCE = "jscpd: similarity .8"

JSCPD = (Jscpd("similarity .8", ("--similarity=0.8",)), Jscpd("default"))
"""jscpd leaves test files out of its similarity mode; codesearch compares them and reports them apart."""

TARGETS = (
    ("from nothing, seconds", FROM_NOTHING, "seconds", 3.0),
    ("from nothing, peak memory", FROM_NOTHING, "peak_bytes", 0.5),
    ("nothing changed, seconds", UNCHANGED, "seconds", 0.5),
)
"""What is promised: step, figure, and the most it may be of jscpd's with ``--similarity=0.8``."""


def run(plan: Plan) -> Json:
    """Measure every step ``plan.runs`` times."""
    with tempfile.TemporaryDirectory() as root:
        corpus = Path(root) / "python"
        files, lines = copy_standard_library(corpus)
        turns = in_turns("audit", plan, lambda turn: _steps(corpus, Path(root), turn))
    return {
        "files": files,
        "lines": lines,
        "runs": plan.runs,
        "steps": turns.medians(),
        "unavailable": turns.unavailable,
        "summary": _summary(turns.measured),
        "same_json_by_workers": list(compare_workers(turns.measured)),
    }


def table(figures: Json) -> list[str]:
    """Seconds and memory per step with ratios to jscpd's similarity mode, and what was promised."""
    steps = figures["steps"]
    rows = [
        [
            name,
            f"{step['seconds']:.2f}",
            f"{step['peak_bytes'] / 1e6:,.0f}",
            *(_shown(_ratio(steps, name, key)) for key in ("seconds", "peak_bytes")),
        ]
        for name, step in steps.items()
    ]
    rows += [[name, *["–"] * 4] for name in figures["unavailable"]]
    promised = [
        [title, f"≤ {most:g}", _shown(ratio), "–" if ratio is None else "yes" if ratio <= most else "no"]
        for title, name, key, most in TARGETS
        for ratio in [_ratio(steps, name, key)]
    ]
    lines = [
        f"{figures['files']:,} files, {figures['lines']:,} lines; medians, runs: {figures['runs']}. Types T1",
        "to T3. Ratios are to jscpd with `--similarity=0.8` in the same run, which leaves test files out.",
        "",
        *markdown_table(
            ["step, as a fresh process", "seconds", "peak MB", "time / jscpd", "memory / jscpd"], rows
        ),
        "",
        *markdown_table(["figure, as a share of jscpd's", "promised", "measured", "kept"], promised),
    ]
    return [*lines, *_found_lines(figures)]


def compare_workers(measured: Mapping[str, Sequence[Measured]]) -> tuple[int, ...]:
    """The numbers of workers whose audits of the same code were compared; none when one was not measured.

    Raises:
        EnvironmentFailure: They differ, which is a defect and no figure to publish.
    """
    by_workers = [[run.output for run in measured.get(_with_workers(count), ())] for count in WORKERS]
    if not all(by_workers):
        return ()
    for turn, outputs in enumerate(zip(*by_workers, strict=True), start=1):
        if len(set(outputs)) > 1:
            raise EnvironmentFailure(
                f"audits of the same code by {_listed(WORKERS)} workers differ (run {turn})",
                "compare their --json documents",
            )
    return WORKERS


def _steps(corpus: Path, root: Path, turn: int) -> Sequence[tuple[str, Step]]:
    """The steps of one turn in order; those of codesearch build on each other."""
    product = Codesearch()
    audit = ["audit", str(corpus), "--json"]

    def from_nothing(*options: str) -> Measured:
        shutil.rmtree(root / ".codesearch", ignore_errors=True)
        return product.run([*audit, *options], root)

    def one_changed() -> Measured:
        edit_one_file(corpus, turn)
        return product.run(audit, root)

    def with_workers(count: int) -> Step:
        return lambda: from_nothing("--jobs", str(count))

    def scan(setting: Jscpd) -> Step:
        return lambda: setting.run(corpus, root / "jscpd")

    return [
        (FROM_NOTHING, from_nothing),
        (UNCHANGED, lambda: product.run(audit, root)),
        (EDITED, one_changed),
        *((_with_workers(count), with_workers(count)) for count in WORKERS),
        *((f"jscpd: {setting.name}", scan(setting)) for setting in JSCPD),
    ]


def _with_workers(count: int) -> str:
    return f"codesearch: audit from nothing, --jobs {count}"


def _summary(measured: Mapping[str, Sequence[Measured]]) -> Json | None:
    """What the first audit from nothing counted; None when it was not measured."""
    runs = measured.get(FROM_NOTHING)
    if not runs:
        return None
    summary = json.loads(runs[0].output)["summary"]
    keys = ("files", "lines", "fragments", "classes", "pairs", "duplication_percent", "by_type")
    return {key: summary[key] for key in keys}


def _ratio(steps: Json, name: str, key: str) -> float | None:
    """A step's figure as a share of the peer's; None where one of them was not measured."""
    if name not in steps or REFERENCE not in steps:
        return None
    share: float = steps[name][key] / steps[REFERENCE][key]
    return share


def _shown(ratio: float | None) -> str:
    return "–" if ratio is None else f"{ratio:.2f}"


def _found_lines(figures: Json) -> list[str]:
    lines = []
    if (found := figures["summary"]) is not None:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in found["by_type"].items())
        lines += [
            "",
            f"Source code: {found['files']:,} files, {found['lines']:,} lines, {found['classes']:,} classes",
            f"({kinds}), {found['duplication_percent']} % of the lines.",
        ]
    if workers := figures["same_json_by_workers"]:
        lines += ["", f"The JSON of {_listed(workers)} workers is the same, byte for byte."]
    return lines


def _listed(numbers: Sequence[int]) -> str:
    *others, last = map(str, numbers)
    return f"{', '.join(others)} and {last}"
