"""Trees made to break their reader: the run ends, the ledger adds up, and healthy neighbours are found.

By default all cases but the largest stand in one folder; the nightly form gives every case a corpus, an index
and the commands for itself.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from commandline import CHECKOUT

from benchmarks.hostile_trees.bounded import Bounds, modes_count
from benchmarks.hostile_trees.case import CannotPlant, HostileCase
from benchmarks.hostile_trees.cases import CASES
from benchmarks.hostile_trees.examined import (
    Examined,
    examine,
    files_on_disk,
    losses,
    misbehaviour,
    miscounts,
)
from benchmarks.hostile_trees.planting import changing, clear

# An idle machine needs a fiftieth of it. What bounds the time of a file is tested with the parser processes.
BOUNDS = Bounds(seconds=1800, memory=4 << 30)
RESIDENT = 1 << 30
# Nothing here but what never ends needs a fifth of it: whether it is skipped would depend on the machine.
PATIENT = {"CODESEARCH_PARSING__TIMEOUT_SECONDS": "30"}
PROGRAM = (
    sys.executable,
    "-c",
    f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); from codesearch.cli.main import run; run()",
)
NEED_MODES = frozenset({"unreadable", "half-closed-folders"})

SHORT = [case for case in CASES if not case.nightly]
CALM, CHANGING = "calm", "changing"
"""The two corpora of the short form: cases whose files can be counted, and those whose cannot."""


@dataclass(frozen=True, slots=True)
class Batch:
    """All short cases in one index.

    Attributes:
        refused: Why a case cannot be planted here.
        files: Number of files in the calm corpus.
        examined: What was run, and what it said.
    """

    refused: dict[str, str]
    files: int
    examined: Examined


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Batch]:
    folder = tmp_path_factory.mktemp("hostile")
    calm, restless = folder / CALM, folder / CHANGING
    home = folder / "home"
    home.mkdir()
    refused = planted([case for case in SHORT if case.disturb is None], calm)
    disturbed = [case for case in SHORT if case.disturb is not None]
    planted(disturbed, restless)
    files = files_on_disk(calm) - sum(case.hidden for case in SHORT if case.name not in refused)
    with changing({restless / case.name: case for case in disturbed}):
        examined = examine(PROGRAM, [calm, restless], home, BOUNDS, PATIENT)
    yield Batch(refused, files, examined)
    for tree in (*calm.iterdir(), *restless.iterdir()):  # pytest would keep them
        if tree.is_dir():
            clear(tree)


def planted(cases: Sequence[HostileCase], trees: Path) -> dict[str, str]:
    """Write cases below a folder; gives those that cannot be, and why."""
    refused = {}
    for case in cases:
        try:
            if case.name in NEED_MODES and not modes_count():
                raise CannotPlant("the modes of files do not count for this user")
            case.write(trees / case.name)
        except CannotPlant as reason:
            refused[case.name] = str(reason)
    return refused


@pytest.mark.parametrize("case", SHORT, ids=lambda case: case.name)
def test_every_file_has_its_fate_and_healthy_neighbours_are_found(batch: Batch, case: HostileCase) -> None:
    if case.name in batch.refused:
        pytest.skip(batch.refused[case.name])
    corpus = CHANGING if case.disturb else CALM
    assert losses(case, batch.examined.answers, corpus, f"{case.name}/") == []


def test_commands_end_in_time_without_traceback_or_terminal_escape(batch: Batch) -> None:
    assert misbehaviour(batch.examined.runs) == []


def test_the_ledger_adds_up_to_the_files_that_are_there(batch: Batch) -> None:
    assert miscounts(batch.examined.answers, CALM, batch.files) == []


def test_the_ledger_of_a_changing_tree_adds_up(batch: Batch) -> None:
    assert miscounts(batch.examined.answers, CHANGING, None) == []


def test_memory_stays_bounded(batch: Batch) -> None:
    assert batch.examined.peak_bytes < RESIDENT


@pytest.mark.nightly
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_tree_on_its_own(tmp_path: Path, case: HostileCase) -> None:
    trees, home = tmp_path / "trees", tmp_path / "home"
    home.mkdir()
    for reason in planted([case], trees).values():
        pytest.skip(reason)
    root = trees / case.name
    try:
        with changing({root: case}):
            examined = examine(PROGRAM, [root], home, BOUNDS, PATIENT)
        files = None if case.disturb else files_on_disk(root) - case.hidden
        assert misbehaviour(examined.runs) == []
        assert miscounts(examined.answers, root.name, files) == []
        assert losses(case, examined.answers, root.name) == []
        assert examined.peak_bytes < RESIDENT
    finally:
        clear(root)
