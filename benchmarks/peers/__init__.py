"""Detectors that are compared, one file each, behind :class:`Detector`.

What enters: a folder whose files each hold one fragment. What leaves: the pairs of file names that a detector
reports as clones of each other as a whole. To add a peer: one file with a class for its settings, and one
line in :mod:`benchmarks.bigclonebench`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

Pair = tuple[str, str]
"""Names of two files, the smaller first."""


class Detector(Protocol):
    """A clone detector in one setting."""

    @property
    def name(self) -> str:
        """Tool and setting, as the report's first column shows them."""
        ...

    def version(self) -> str:
        """Version of the installed tool; empty when it is not installed."""
        ...

    def reported_pairs(self, folder: Path) -> set[Pair]:
        """Pairs reported among the files directly in ``folder``.

        Raises:
            EnvironmentFailure: The tool cannot be run.
        """
        ...


def ordered(a: str, b: str) -> Pair:
    """Two names as a pair, the smaller first."""
    return (a, b) if a < b else (b, a)


def line_count(path: Path) -> int:
    """Number of lines of a file."""
    return len(path.read_bytes().splitlines())
