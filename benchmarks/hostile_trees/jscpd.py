"""jscpd over a hostile tree, with its defaults, and what a user can see of it."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.hostile_trees.bounded import Bounds, Ended, run_bounded
from benchmarks.hostile_trees.case import FIRST, LAST
from benchmarks.peers.jscpd import REPORT_NAME
from benchmarks.process import installed_command


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan came to.

    Attributes:
        run: How it ended.
        clones: Files that its pairs connect with the first healthy one: it reports no classes.
        said: Standard output and error, what a user reads on the screen.
    """

    run: Ended
    clones: frozenset[str]
    said: bytes

    @property
    def healthy(self) -> bool:
        """Whether it found the clone of the healthy neighbours."""
        return LAST in self.clones

    def names(self, path: str) -> bool:
        """Whether a file is named on the screen, as it would be if its loss was told."""
        return path.rpartition("/")[2].encode() in self.said


def scan(root: Path, bounds: Bounds) -> Scanned:
    """Scan a tree; files without extension and those over its limits of size are its own affair."""
    with tempfile.TemporaryDirectory() as output:
        command = [
            installed_command("jscpd"),
            ".",
            "--reporters",
            "json",
            "--output",
            output,
            "--no-tips",
            "--no-colors",
        ]
        run = run_bounded(command, root, bounds)
        try:
            report = json.loads((Path(output) / REPORT_NAME).read_bytes())
        except (OSError, ValueError):
            report = {"duplicates": []}
    pairs = {
        frozenset(clone[side]["name"].removeprefix("./") for side in ("firstFile", "secondFile"))
        for clone in report["duplicates"]
    }
    return Scanned(run, _connected(pairs), run.out + run.err)


def _connected(pairs: set[frozenset[str]]) -> frozenset[str]:
    reached = {FIRST}
    while grown := {name for pair in pairs if pair & reached for name in pair} - reached:
        reached |= grown
    return frozenset(reached)
