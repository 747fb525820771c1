"""What a benchmark run is told: where data is, how often to repeat, which seed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
MAX_LINES = 1_000_000  # of growth: a run takes minutes; beyond, name more code with --source

MAX_ROWS = 1_000_000  # of scaling: 5 million take an hour and 3 GB of disk


@dataclass(frozen=True, slots=True)
class Plan:
    """Arguments of every benchmark.

    Attributes:
        data: Folder of the labelled data.
        runs: Repetitions of a timed step; figures are medians.
        seed: Of every random draw.
        only: Names of detectors to run; empty means all.
        sources: Folders of code whose growth is measured, by what they are.
        max_lines: Lines of the largest sample of them.
        max_rows: Vectors of the largest structure.
    """

    data: Path
    runs: int
    seed: int
    only: tuple[str, ...]
    sources: Mapping[str, Path] = field(default_factory=dict)
    max_lines: int = MAX_LINES
    max_rows: int = MAX_ROWS


def data_folder() -> Path:
    """``$CODESEARCH_DATA``, else the shared folder beside the checkout; it may not exist."""
    return Path(os.environ.get("CODESEARCH_DATA") or CHECKOUT.parent / "shared" / "data")
