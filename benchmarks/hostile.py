"""Hostile trees: what codesearch and jscpd make of each, in the same run."""

from __future__ import annotations

import io
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from benchmarks.documents import Json, markdown_table
from benchmarks.hostile_trees.bounded import Bounds, Ended, run_bounded
from benchmarks.hostile_trees.case import ANALYSED, CannotPlant, HostileCase
from benchmarks.hostile_trees.cases import GROUPS
from benchmarks.hostile_trees.examined import (
    Answers,
    environment_of,
    files_on_disk,
    losses,
    misbehaviour,
    miscounts,
    plant_needle,
)
from benchmarks.hostile_trees.jscpd import scan
from benchmarks.hostile_trees.planting import changing, clear
from benchmarks.plan import Plan
from benchmarks.process import installed_command
from codesearch.cli.main import main

BOUNDS = Bounds(seconds=300)


def run(plan: Plan) -> Json:
    """Give every tree to both tools.

    Raises:
        EnvironmentFailure: One of them is missing.
    """
    groups = {name: cases for name, cases in GROUPS.items() if not plan.only or name.startswith(plan.only)}
    rows = []
    for group, cases in groups.items():
        print(f"hostile: {group}, {len(cases)} cases ...", file=sys.stderr, flush=True)
        rows += [row | {"group": group} for case in cases for row in _measured(case)]
    return {"limit_seconds": BOUNDS.seconds, "limit_bytes": BOUNDS.memory, "cases": rows}


def _measured(case: HostileCase) -> Iterator[Json]:
    """The figures of one case; none where it cannot be planted."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        root, home = Path(folder) / case.name, Path(folder) / "home"
        home.mkdir()
        try:
            case.write(root)
        except CannotPlant as reason:
            print(f"hostile: {case.name} left out: {reason}", file=sys.stderr)
            return
        with changing({root: case}):
            ours = _ours(case, root, home)
            theirs = _theirs(case, root)
        yield {"case": case.name, "planted": case.planted, "codesearch": ours, "jscpd": theirs}
        clear(root)


def _ours(case: HostileCase, root: Path, home: Path) -> Json:
    needle, index = plant_needle(home), str(home / "index")
    command = [installed_command("codesearch"), "--index", index, "index", "--json", str(root)]
    indexed = run_bounded(command, home, BOUNDS, environment_of(home))
    answers = Answers({}, {}, {})
    if indexed.code == 0:
        status = _asked("--index", index, "status", "--skipped", "--json")
        answers = Answers.of(status, _asked("--index", index, "query", needle, "--json"))
    files = None if case.disturb else files_on_disk(root) - case.hidden
    wrong = [
        *misbehaviour({"index": indexed}),
        *miscounts(answers, root.name, files),
        *losses(case, answers, root.name),
    ]
    reasons = sorted(set(answers.skipped.get(root.name, {}).values()))
    healthy = not any("healthy" in fault for fault in wrong) and bool(answers.found)
    return _figures(indexed) | {"healthy_found": healthy, "skipped": reasons, "wrong": wrong}


def _theirs(case: HostileCase, root: Path) -> Json:
    scanned = scan(root, BOUNDS)
    hostile = [path for path, fates in case.fates.items() if ANALYSED not in fates]
    said = all(scanned.names(path) for path in hostile) if hostile else None
    plain = [path for path in case.found if path.isascii() and path.isprintable() and "%" not in path]
    copies = set(plain) <= scanned.clones if plain else None
    return _figures(scanned.run) | {"healthy_found": scanned.healthy, "said": said, "copies_found": copies}


def _figures(ended: Ended) -> Json:
    return {
        "code": ended.code,
        "overdue": ended.overdue,
        "seconds": ended.seconds,
        "peak_bytes": ended.peak_bytes,
    }


def _asked(*words: str) -> Json:
    """The document of a command that runs in this process, which is ten times as fast."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        code = main(list(words))
    buffer = out.buffer
    assert isinstance(buffer, io.BytesIO)  # noqa: S101  (what it was made of)
    document: Json = json.loads(buffer.getvalue()) if code == 0 else {}
    return document


def table(figures: Json) -> list[str]:
    """The counts of both tools, then every case."""
    rows: Sequence[Json] = figures["cases"]
    seconds, memory = figures["limit_seconds"], figures["limit_bytes"] >> 30
    return [
        f"{len(rows)} trees, each with one hostile thing between two healthy files that are clones of",
        f"each other; at most {seconds:.0f} s and {memory} GiB a process.",
        "Both tools run with their defaults. Told: the files that cannot be read are named, by codesearch",
        "in `codesearch status --skipped` with the reason, by jscpd on the screen. Pair: the clone of the",
        "healthy files is found. Nothing wrong at all: each file has the fate that it should, the counts",
        "add up, and no output holds a traceback or what a terminal would obey.",
        "",
        *markdown_table(["", "codesearch", "jscpd"], _summary(rows)),
        "",
        *markdown_table(
            [
                "case",
                "what is planted",
                "codesearch: end",
                "skipped as",
                "pair",
                "jscpd: end",
                "said",
                "pair",
                "s",
                "s",
                "MB",
                "MB",
            ],
            map(_row, rows),
            texts=8,
        ),
        "",
        "Seconds and the largest process: codesearch first, which computes vectors and writes an index.",
    ]


def _summary(rows: Sequence[Json]) -> Iterator[list[str]]:
    def counted(name: str, key: str, yes: Iterable[object]) -> str:
        return f"{sum(row[name].get(key) in yes for row in rows)} of {len(rows)}"

    tools = ("codesearch", "jscpd")
    yield ["ended with code 0", *(counted(tool, "code", (0,)) for tool in tools)]
    yield ["killed by a signal", *(str(sum(row[tool]["code"] < 0 for row in rows)) for tool in tools)]
    yield ["healthy pair found", *(counted(tool, "healthy_found", (True,)) for tool in tools)]
    hostile = [row for row in rows if row["jscpd"]["said"] is not None]
    complete = sum(not row["codesearch"]["wrong"] for row in hostile)
    said = sum(row["jscpd"]["said"] for row in hostile)
    disguised = [row for row in rows if row["jscpd"]["copies_found"] is not None]
    ours = sum(not any("not found" in fault for fault in row["codesearch"]["wrong"]) for row in disguised)
    theirs = sum(row["jscpd"]["copies_found"] for row in disguised)
    yield ["its copies in odd files found", f"{ours} of {len(disguised)}", f"{theirs} of {len(disguised)}"]
    yield ["files that cannot be read are told", f"{complete} of {len(hostile)}", f"{said} of {len(hostile)}"]
    yield [
        "nothing wrong at all",
        f"{sum(not row['codesearch']['wrong'] for row in rows)} of {len(rows)}",
        "–",
    ]
    for label, key, unit in (("most seconds", "seconds", 1), ("largest peak, MB", "peak_bytes", 1e6)):
        yield [label, *(f"{max(row[tool][key] for row in rows) / unit:,.1f}" for tool in tools)]


def _row(row: Json) -> list[str]:
    ours, theirs = row["codesearch"], row["jscpd"]
    said = {None: "–", True: "yes", False: "no"}[theirs["said"]]
    return [
        f"`{row['case']}`",
        row["planted"].replace("|", "\\|"),
        _end(ours),
        ", ".join(ours["skipped"]) or "–",
        _yes(ours["healthy_found"]),
        _end(theirs),
        said,
        _yes(theirs["healthy_found"]),
        *(f"{side['seconds']:.1f}" for side in (ours, theirs)),
        *(f"{side['peak_bytes'] / 1e6:,.0f}" for side in (ours, theirs)),
    ]


def _end(side: Json) -> str:
    if side["overdue"]:
        return "overdue"
    return f"signal {-side['code']}" if side["code"] < 0 else str(side["code"])


def _yes(value: bool) -> str:
    return "yes" if value else "**no**"
