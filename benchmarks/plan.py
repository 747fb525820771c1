"""What a benchmark run is told: where data is, how often to repeat, which seed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Plan:
    """Arguments of every benchmark.

    Attributes:
        data: Folder of the labelled data.
        runs: Repetitions of a timed step; figures are medians.
        seed: Of every random draw.
        only: Names of detectors to run; empty means all.
    """

    data: Path
    runs: int
    seed: int
    only: tuple[str, ...]


def data_folder() -> Path:
    """``$CODESEARCH_DATA``, else the shared folder beside the checkout; it may not exist."""
    return Path(os.environ.get("CODESEARCH_DATA") or CHECKOUT.parent / "shared" / "data")
