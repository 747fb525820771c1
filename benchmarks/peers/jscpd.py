"""jscpd 5 (https://jscpd.dev): token clones in pairs of files; the PyPI wheel brings a native program."""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from benchmarks.documents import Json
from benchmarks.environment import installed_version
from benchmarks.peers import Pair, line_count, ordered
from benchmarks.process import Measured, installed_command, run_measured
from codesearch.evaluation.detection_scores import COVERED

REPORT_NAME = "jscpd-report.json"

Lines = set[int]


@dataclass(frozen=True, slots=True)
class Jscpd:
    """jscpd with command-line options.

    Attributes:
        name: As the report shows it.
        options: What is added to the command.
    """

    name: str
    options: tuple[str, ...] = ()

    def version(self) -> str:
        """Version of the wheel."""
        return installed_version("jscpd")

    def run(self, folder: Path, output: Path) -> Measured:
        """Scan ``folder`` and write :data:`REPORT_NAME` into ``output``, with paths relative to ``folder``.

        Raises:
            EnvironmentFailure: jscpd is missing or fails.
        """
        command = [
            installed_command("jscpd"),
            ".",
            *self.options,
            "--reporters",
            "json",
            "--output",
            str(output),
        ]
        return run_measured([*command, "--no-gitignore", "--silent", "--no-tips"], folder)

    def reported_pairs(self, folder: Path) -> set[Pair]:
        """Pairs whose listed clones cover enough of both files."""
        with tempfile.TemporaryDirectory() as output:
            self.run(folder, Path(output))
            report = json.loads((Path(output) / REPORT_NAME).read_bytes())
        length = {path.name: line_count(path) for path in folder.iterdir()}
        return {
            pair
            for pair, sides in covered_lines(report).items()
            if all(len(lines) >= COVERED * length[name] for name, lines in zip(pair, sides, strict=True))
        }


def covered_lines(
    report: Json,
) -> dict[Pair, tuple[Lines, Lines]]:
    """1-based lines of both files that the clones of each pair of files cover together.

    jscpd lists one clone per row and often several rows per pair; clones inside one file are left out.
    """
    covered: dict[Pair, tuple[Lines, Lines]] = defaultdict(lambda: (set(), set()))
    for clone in report["duplicates"]:
        sides = sorted((_side(clone["firstFile"]), _side(clone["secondFile"])), key=lambda side: side[0])
        (first, first_lines), (second, second_lines) = sides
        if first != second:
            lines = covered[ordered(first, second)]
            lines[0].update(first_lines)
            lines[1].update(second_lines)
    return dict(covered)


def _side(file: Json) -> tuple[str, range]:
    return file["name"], range(file["start"], file["end"] + 1)
