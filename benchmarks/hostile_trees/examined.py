"""codesearch over hostile trees, by its real command, and everything that is wrong with its answers."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.documents import Json
from benchmarks.hostile_trees.bounded import Bounds, Ended, run_bounded
from benchmarks.hostile_trees.case import ANALYSED, FIRST, HEALTHY, LAST, HostileCase

# A terminal obeys these, C1 controls in UTF-8 included; only line feeds are ours.
_OBEYED = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]")


@dataclass(frozen=True, slots=True)
class Answers:
    """What an index says of its corpora.

    Attributes:
        files: Counts of each corpus: ``{"seen", "analysed", "skipped": {reason: count}}``.
        skipped: Reason by path, of each corpus.
        found: Paths where the healthy function was found, of each corpus.
    """

    files: Mapping[str, Json]
    skipped: Mapping[str, Mapping[str, str]]
    found: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, status: Json, query: Json) -> Answers:
        """From the documents of ``status --skipped`` and of a query for the healthy function."""
        skipped: dict[str, dict[str, str]] = {}
        for entry in status.get("skipped_files", ()):
            skipped.setdefault(entry["corpus"], {})[entry["path"]] = entry["reason"]
        matches = [match for result in query.get("results", ()) for match in result["matches"]]
        places = [
            place
            for match in matches
            if match["clone_type"] in {"T1", "T2"}
            for place in match["occurrences"]
        ]
        found: dict[str, set[str]] = {}
        for place in places:
            found.setdefault(place["corpus"], set()).add(place["path"])
        files = {corpus["name"]: corpus["files"] for corpus in status.get("corpora", ())}
        return cls(files, skipped, {name: frozenset(paths) for name, paths in found.items()})


@dataclass(frozen=True, slots=True)
class Examined:
    """Commands that were run over trees, and what they said.

    Attributes:
        runs: Every command, in order, by its name; those after one that failed are missing.
        answers: Of the index.
    """

    runs: Mapping[str, Ended]
    answers: Answers

    @property
    def peak_bytes(self) -> int:
        """Largest resident set of any process."""
        return max(run.peak_bytes for run in self.runs.values())


def examine(
    program: Sequence[str], corpora: Sequence[Path], home: Path, bounds: Bounds, settings: Mapping[str, str]
) -> Examined:
    """Index folders and look for the healthy function in all of them.

    Args:
        program: What runs the command line.
        corpora: Folders of distinct names.
        home: An empty folder: the user's, and where the index goes.
        bounds: Of each command.
        settings: Variables of the environment, beside the tester's own.
    """
    needle = plant_needle(home)
    commands = {
        "index": ["index", "--json", *map(str, corpora)],
        "status": ["status", "--skipped", "--json"],
        "query": ["query", needle, "--json"],
        "status as text": ["status", "--skipped"],
        "query as text": ["query", needle, "--show"],
    }
    runs: dict[str, Ended] = {}
    for name, words in commands.items():
        command = [*program, "--index", str(home / "index"), *words]
        runs[name] = run_bounded(command, home, bounds, {**environment_of(home), **settings})
        if runs[name].code:
            break
    return Examined(runs, Answers.of(_document(runs.get("status")), _document(runs.get("query"))))


def plant_needle(home: Path) -> str:
    """Write the healthy function where it can be asked for; the file's path."""
    needle = home / "needle.py"
    needle.write_text(HEALTHY, encoding="utf-8")
    return str(needle)


def misbehaviour(runs: Mapping[str, Ended]) -> list[str]:
    """What no command may do, and where it was done: overrun, fail, show a traceback or steer a terminal."""
    return [f"{name}: {fault}" for name, run in runs.items() for fault in _faults(run)]


def _faults(run: Ended) -> Iterator[str]:
    if run.overdue:
        yield f"not done after {run.seconds:.0f} s"
    elif run.code:
        yield f"ended with code {run.code}: {run.err.decode(errors='replace')[-2000:]}"
    if b"Traceback" in run.err:
        yield "shows a traceback"
    for stream, content in (("output", run.out), ("errors", run.err)):
        if (obeyed := _OBEYED.search(content)) is not None:
            around = content[max(0, obeyed.start() - 60) : obeyed.end() + 20]
            yield f"{stream} hold {obeyed[0]!r}: {around!r}"


def miscounts(answers: Answers, corpus: str, files: int | None) -> list[str]:
    """Where the counts of a corpus do not add up, to the number of files if that is known."""
    counts = answers.files.get(corpus)
    if counts is None:
        return ["the corpus is missing from the index"]
    skipped = sum(counts["skipped"].values())
    listed = len(answers.skipped.get(corpus, {}))
    wrong = []
    if counts["seen"] != counts["analysed"] + skipped:
        wrong.append(f"the ledger does not add up: {counts}")
    if listed != skipped:
        wrong.append(f"{listed} skipped files are listed: {counts}")
    if files is not None and counts["seen"] != files:
        wrong.append(f"{files} files are there: {counts}")
    return wrong


def losses(case: HostileCase, answers: Answers, corpus: str, folder: str = "") -> list[str]:
    """Files of a case with another fate than expected, and copies of the healthy function that are not found.

    Args:
        case: What was planted.
        answers: Of the index.
        corpus: Where it was planted.
        folder: The folder there, with ``/`` at its end; empty for a corpus of its own.
    """
    skipped = {
        path.removeprefix(folder): reason
        for path, reason in answers.skipped.get(corpus, {}).items()
        if path.startswith(folder)
    }
    expected = {folder + path for path in (FIRST, LAST, *case.found)}
    missing = sorted(expected - answers.found.get(corpus, frozenset()))
    lost = [f"the healthy function is not found in {missing}"] if missing else []
    return lost if case.disturb else [*lost, *_unexpected_fates(case, skipped)]


def _unexpected_fates(case: HostileCase, skipped: Mapping[str, str]) -> Iterator[str]:
    for path in sorted({*skipped, *case.fates}):
        fate, allowed = skipped.get(path, ANALYSED), case.fates.get(path, frozenset({ANALYSED}))
        if fate not in allowed:
            yield f"{path}: {fate}, not {' or '.join(sorted(allowed))}"


def files_on_disk(root: Path) -> int:
    """Everything below a folder that is no folder, links to folders included, except what git keeps."""
    count, pending = 0, [os.fsencode(root)]
    while pending:
        try:
            entries = list(os.scandir(pending.pop()))
        except OSError:  # a path too long to be opened: its folder counts as one
            count += 1
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name != b".git":
                    pending.append(entry.path)
            elif entry.name != b".git":
                count += 1
    return count


def environment_of(home: Path) -> dict[str, str]:
    """A user without settings; colours, widths and languages of a terminal play no part."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("CODESEARCH_")}
    return kept | {"XDG_CONFIG_HOME": str(home / "config"), "HOME": str(home)}


def _document(run: Ended | None) -> Json:
    """The JSON document of a command that succeeded, else an empty one."""
    if run is None or run.code:
        return {}
    document: Json = json.loads(run.out)
    return document
