"""Campaigns of the fuzzers: how long each group ran, what it executed, what it broke; results add up.

``CODESEARCH_FUZZ_SECONDS`` says how long each group runs, 60 seconds without; its targets share the time.
``CODESEARCH_FUZZ_JOBS`` says how many groups run at once, 1 without. What counts is processor time, so that
campaigns may take what other work leaves. The inputs that a campaign found are where the next one begins, in
the user's cache. A target that an input broke stops there: the input is kept beside the others, belongs into
``tests/fuzz/test_fuzz_regressions.py``, and stands in these figures until the next campaign of a repaired
target.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.documents import Json, markdown_table, read_results
from benchmarks.plan import CHECKOUT, Plan
from codesearch.core.errors import EnvironmentFailure

SECONDS = 60
WANTED = 3600
"""Seconds of each group that are wanted in total."""

_GRACE = 300  # seconds that a target may take to start and to end
_POLL_SECONDS = 0.2
_STATE = re.compile(r"^#\d+\s+(\w+)\s+cov: (\d+) ft: \d+ corp: (\d+)/", re.MULTILINE)
_EXECUTED = re.compile(r"^stat::number_of_executed_units: (\d+)", re.MULTILINE)
_LIST = (
    "from fuzz.targets import all_targets\nfor one in all_targets(): print(one.name, one.group, sep='\\t')"
)


def run(plan: Plan) -> Json:
    """Fuzz every group, or those whose name begins as ``plan.only`` says, and add to what was done before.

    Raises:
        EnvironmentFailure: atheris is not installed.
    """
    if subprocess.run([sys.executable, "-c", "import atheris"], capture_output=True, check=False).returncode:
        raise EnvironmentFailure("campaigns need atheris", "pip install atheris")
    seconds = int(os.environ.get("CODESEARCH_FUZZ_SECONDS") or SECONDS)
    jobs = int(os.environ.get("CODESEARCH_FUZZ_JOBS") or 1)
    before = read_results().get("fuzz", {}).get("figures", {}).get("targets", {})
    groups = _groups()
    found: dict[str, Json] = {
        name: {**before[name], "group": group}
        for group, names in groups.items()
        for name in names
        if name in before
    }

    def fuzz(group: str) -> None:
        for name in groups[group]:
            print(f"fuzz: {name} ...", file=sys.stderr, flush=True)
            try:
                latest = _campaign(name, max(seconds // len(groups[group]), 1))
            except EnvironmentFailure as failure:  # the others' campaigns count all the same
                print(f"fuzz: {failure}", file=sys.stderr, flush=True)
                continue
            found[name] = {**added(before.get(name, {}), latest), "group": group}

    chosen = [group for group in groups if not plan.only or group.startswith(plan.only)]
    with ThreadPoolExecutor(jobs) as pool:  # every campaign is a process
        for done in [pool.submit(fuzz, group) for group in chosen]:
            done.result()
    return {"targets": found, "wanted_seconds": WANTED}


def cache_folder() -> Path:
    """Where inputs are kept between campaigns; deleting it costs the next one some time."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - never raises
    return Path(base) / "codesearch-fuzz"


def _groups() -> Mapping[str, list[str]]:
    """Names of the targets by group, in order."""
    listed = subprocess.run(
        [sys.executable, "-c", _LIST], env=_environment(), capture_output=True, text=True, check=True
    )
    groups: dict[str, list[str]] = {}
    for line in listed.stdout.splitlines():
        name, group = line.split("\t")
        groups.setdefault(group, []).append(name)
    return groups


def _campaign(name: str, seconds: int) -> Json:
    """One campaign in a process of its own, which a broken parser may end.

    Raises:
        EnvironmentFailure: It ended before its time, and no input is to blame.
    """
    folder = cache_folder()
    crashes = folder / "crashes" / name
    words = ["--seconds", str(seconds), "--corpus", str(folder / name), "--crashes", str(crashes)]
    known = set(crashes.glob("*"))
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "fuzz", name, *words],
            cwd=CHECKOUT,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        code, used = _ended(process, seconds + _GRACE)
        log.seek(0)
        said = log.read()
    broken = set(crashes.glob("*")) != known
    if code and not broken:
        raise EnvironmentFailure(f"the target {name} cannot be run", said.strip().rpartition("\n")[2])
    return {**figures_of(said), "seconds": min(used, seconds), "broken": broken}


def _ended(process: subprocess.Popen[bytes], seconds: float) -> tuple[int, float]:
    """Exit code and processor seconds of a process with its children; it is killed when its time is over."""
    until = time.monotonic() + seconds
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage.ru_utime + usage.ru_stime
        if time.monotonic() > until:
            process.kill()
        time.sleep(_POLL_SECONDS)


def figures_of(said: str) -> Json:
    """What libFuzzer says of a campaign: executions, edges covered at its beginning and end, inputs kept."""
    states = _STATE.findall(said)
    executed = _EXECUTED.findall(said)
    first = next((int(edges) for event, edges, _ in states if event == "INITED"), 0)
    return {
        "executions": int(executed[-1]) if executed else 0,
        "edges": int(states[-1][1]) if states else 0,
        "new_edges": int(states[-1][1]) - first if states else 0,
        "inputs": int(states[-1][2]) if states else 0,
    }


def added(known: Json, latest: Json) -> Json:
    """Time, executions and crashes of all campaigns so far, and what the latest says of the rest."""
    return {
        "seconds": round(known.get("seconds", 0) + latest["seconds"], 1),
        "executions": known.get("executions", 0) + latest["executions"],
        "new_edges": known.get("new_edges", 0) + latest["new_edges"],
        "campaigns": known.get("campaigns", 0) + 1,
        "crashes": known.get("crashes", 0) + latest["broken"],
        "edges": max(known.get("edges", 0), latest["edges"]),
        "inputs": latest["inputs"] or known.get("inputs", 0),
        "broken": latest["broken"],
    }


def _environment() -> dict[str, str]:
    """Without the user's settings, so that what is found is found anywhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CODESEARCH_")}
    return kept | {"PYTHONPATH": f"{CHECKOUT}{os.pathsep}{CHECKOUT / 'tests'}"}


def table(figures: Json) -> list[str]:
    """One row per target, and the time of each group."""
    targets: dict[str, Json] = figures["targets"]
    seconds: dict[str, float] = {}
    for one in targets.values():
        seconds[one["group"]] = seconds.get(one["group"], 0.0) + one["seconds"]
    done = sum(total >= figures["wanted_seconds"] for total in seconds.values())
    head = [
        "group",
        "target",
        "processor minutes",
        "executions",
        "edges covered",
        "inputs kept",
        "inputs that broke it",
    ]
    broken = sorted(name for name, one in targets.items() if one["broken"])
    return [
        "Every target is a function of bytes that checks what must hold for any of them; atheris makes the",
        "bytes, guided by the coverage of the product's code, one process per campaign. Time, executions and",
        "broken inputs are those of all campaigns so far, whose inputs the next one begins with. What broke",
        "a target was repaired, in the product or in what the target asks of it; defects of the product are",
        "kept in `tests/fuzz/test_fuzz_regressions.py`.",
        "",
        f"{done} of {len(seconds)} groups have had {figures['wanted_seconds'] // 60} minutes or more. "
        + (f"Broken in their latest campaign: {', '.join(broken)}." if broken else "None is broken now."),
        "",
        *markdown_table(head, _rows(targets.items()), texts=2),
        "",
        "A campaign: `CODESEARCH_FUZZ_SECONDS=600 python -m benchmarks fuzz` for so long a group, or",
        "`PYTHONPATH=tests python -m fuzz TARGET --seconds N` for one target.",
    ]


def _rows(targets: Iterable[tuple[str, Json]]) -> Iterator[list[str]]:
    for name, one in sorted(targets, key=lambda item: (item[1]["group"], item[0])):
        counts = [f"{one[key]:,}" for key in ("executions", "edges", "inputs", "crashes")]
        yield [one["group"], name, f"{one['seconds'] / 60:,.1f}", *counts]
