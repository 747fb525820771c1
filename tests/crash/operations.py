"""What is interrupted: each command that writes, with the state before it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from commandline import tally, unique, write_tree

MODIFIED_NS = 1_600_000_000_000_000_000  # long before the frozen clock: no file is too fresh to be trusted

Run = Callable[..., None]
"""Runs a command to its good end."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A command that writes.

    Attributes:
        name: What tables call it.
        prepare: Makes the state before it, in the home folder that it gets.
        command: Its words.
        repeatable: Whether it may be given again after it went well, which then changes nothing.
        mends: Whether the index is broken before it, and may be broken in another way until its end.
    """

    name: str
    prepare: Callable[[Path, Run], None]
    command: tuple[str, ...]
    repeatable: bool = True
    mends: bool = False


def plant(root: Path, files: Mapping[str, str], *, later: int = 0) -> None:
    """Write files that were modified long ago, so many seconds later than others."""
    write_tree(root, files)
    for name in files:
        moment = MODIFIED_NS + later * 1_000_000_000
        os.utime(root / name, ns=(moment, moment))


def _corpora(home: Path, _: Run) -> None:
    plant(home, {f"corpus/m{number}.py": unique(number) for number in range(10)})
    plant(home, {f"corpus/t{number}.py": tally(f"tally_{number}") for number in range(2)})
    plant(home, {f"other/n{number}.py": unique(number) for number in range(20, 23)})
    plant(home, {"mine.py": unique(1) + "\n\n" + unique(30) + "\n\n" + unique(21)})


def _indexed(home: Path, run: Run) -> None:
    _corpora(home, run)
    run("index", "corpus", "other")


def _narrowed(home: Path, run: Run) -> None:
    """With files that later runs are to leave out."""
    _indexed(home, run)
    run("index", "other", "--exclude", "*.old.py")


def _edited(home: Path, run: Run) -> None:
    _indexed(home, run)
    run("index", "corpus", "--exclude", "*.old.py")
    _edit(home)


def _edit(home: Path) -> None:
    """One file is new, one changed, one gone, so that query results differ."""
    plant(home, {"corpus/m30.py": unique(30), "corpus/m1.py": unique(31)}, later=1)
    (home / "corpus/m2.py").unlink()


def _many_segments(home: Path, run: Run) -> None:
    """One more small segment and all are merged."""
    plant(home.parent, {"config/codesearch/config.toml": "[index]\nmax_small_segments = 2\n"})
    _indexed(home, run)
    for number in range(40, 43):
        plant(home, {f"corpus/m{number}.py": unique(number)}, later=number)
        run("index", "corpus")
    _edit(home)


def _two_indexes(home: Path, run: Run) -> None:
    _corpora(home, run)
    run("index", "corpus")
    run("--index", "elsewhere", "index", "other", "--exclude", "*.old.py")


def _audited(home: Path, run: Run) -> None:
    _indexed(home, run)
    run("audit", "other")


def _judged(home: Path, run: Run) -> None:
    _indexed(home, run)
    run("feedback", "reject", "corpus/m1.py", "corpus/m2.py")


def _scheduled(home: Path, run: Run) -> None:
    _indexed(home, run)
    run("schedule", "add", "other", "--cron", "0 3 * * *", "--name", "nightly")


def _packed(home: Path, run: Run) -> None:
    _indexed(home, run)
    run("pack", "-o", "ref.codesearch-pack", "other")


def _damaged(home: Path, run: Run) -> None:
    """With all that a repair has to keep."""
    _scheduled(home, run)
    run("audit", "corpus")
    run("feedback", "reject", "corpus/m1.py", "corpus/m2.py")
    array = home / ".codesearch/segments/00000001/exact.npy"
    array.write_bytes(array.read_bytes()[:-3] + b"bad")


_SCHEDULE = ("schedule", "add", "corpus", "--cron", "30 6 * * 1-5", "--name", "workdays")

OPERATIONS = (
    Operation("index, new", _corpora, ("index", "corpus", "other")),
    Operation("index, refresh", _edited, ("index", "corpus", "--exclude", "*.gen.py")),
    Operation("index, segments merged", _many_segments, ("index", "corpus")),
    Operation("index --merge", _two_indexes, ("index", "--merge", "elsewhere")),
    Operation("remove", _narrowed, ("remove", "other", "--yes"), repeatable=False),
    Operation("audit", _audited, ("audit", "corpus"), repeatable=False),
    Operation("feedback", _judged, ("feedback", "accept", "corpus/t0.py", "corpus/t1.py")),
    Operation("schedule add", _scheduled, _SCHEDULE, repeatable=False),
    Operation("pack, first", _indexed, ("pack", "-o", "ref.codesearch-pack")),
    Operation("pack, replaced", _packed, ("pack", "-o", "ref.codesearch-pack")),
    Operation("doctor --repair", _damaged, ("doctor", "--repair", "--json"), mends=True),
)

QUESTIONS = (
    ("status", "--json"),
    ("query", "mine.py", "--json"),
    ("audit", "history", "--json"),
    ("schedule", "list", "--json"),
    ("feedback", "list", "--json"),
    ("@health",),
    ("@pack", "ref.codesearch-pack"),
)
"""What tells one state from another; all of it is asked after every round."""

OF_THE_INDEX = QUESTIONS[:2]
"""What an index that is broken refuses."""

_PASSING = frozenset({"timing_ms", "seconds", "bytes", "id"})
"""Keys of values that differ between equal states: durations, pages of a database, numbers of attempts."""


def comparable(document: object) -> object:
    """A document without what differs between equal states, such as audits that died."""
    if isinstance(document, dict):
        return {key: comparable(item) for key, item in document.items() if key not in _PASSING}
    if isinstance(document, list):
        return [comparable(item) for item in document if not _died(item)]
    return document


def _died(item: object) -> bool:
    return isinstance(item, dict) and "started_at" in item and item.get("summary", 0) is None


def answer(code: int, out: str) -> object:
    """What a question was answered with: its document, or the exit code of a refusal.

    A store in which nothing is yet says as much as one that is not there.
    """
    if code:
        return code
    document = json.loads(out)
    empty = isinstance(document, dict) and [] in (document.get("runs"), document.get("schedules"))
    return 3 if empty else comparable(document)
