"""``codesearch audit`` as a detector: the pairs of the members of its clone classes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from benchmarks.environment import installed_version
from benchmarks.peers import Pair, line_count
from benchmarks.peers.codesearch import Codesearch, Silence
from codesearch.audit.options import AuditOptions
from codesearch.cli.clone_types import parse_types
from codesearch.core.results import Place
from codesearch.core.settings import default_settings
from codesearch.core.settings.load import user_config_file
from codesearch.engine import Engine
from codesearch.evaluation.detection_scores import covered_files


@dataclass(frozen=True, slots=True)
class CodesearchAudit:
    """``codesearch audit`` in a fresh process and from nothing.

    It reports all roles: a labelled function counts whatever its text looks like.

    Attributes:
        name: As the report shows it.
        settings: A settings file's text; the defaults hold where it says nothing.
    """

    name: str
    settings: str = ""

    def version(self) -> str:
        """Version of the distribution."""
        return installed_version("codesearch-clones")

    def classes(self, folder: Path) -> list[list[Place]]:
        """Where the members of each reported class stand, most worth merging first.

        Raises:
            EnvironmentFailure: The command fails.
        """
        with tempfile.TemporaryDirectory() as root:
            settings = Path(root) / "config.toml"
            settings.write_text(self.settings, encoding="utf-8")
            audit = ["--config", str(settings), "audit", str(folder), "--role", "all", "--json"]
            document = json.loads(Codesearch().run(audit, Path(root)).output)
        return [
            [
                Place(member["corpus"], member["path"], member["start_line"], member["end_line"])
                for member in found["members"]
            ]
            for found in document["classes"]
        ]

    def reported_pairs(self, folder: Path) -> set[Pair]:
        """Pairs of files that the members of one class cover."""
        return covered_pairs(self.classes(folder), folder)


def covered_pairs(classes: Iterable[Sequence[Place]], folder: Path) -> set[Pair]:
    """Pairs of files that the members of one class cover, both of them."""
    lines = {path.name: line_count(path) for path in folder.iterdir()}
    return {pair for places in classes for pair in combinations(sorted(covered_files(places, lines)), 2)}


def compared_pairs(root: Path, corpus: Path, types: str) -> int:
    """Candidate pairs whose text the last ``codesearch audit CORPUS --types TYPES`` in ``root`` compared.

    The audit is asked for once more: its index did not change, so it is read back and nothing is compared.
    """
    settings = default_settings()
    engine = Engine(settings, user_config_file().parent).at(root / ".codesearch")
    smallest = settings.fragments
    again = AuditOptions(smallest.min_lines, smallest.min_tokens, parse_types(types), refresh=False)
    return engine.audit([corpus], again, Silence()).compared
