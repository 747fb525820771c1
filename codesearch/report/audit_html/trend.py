"""Earlier audits of the same target as a line chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from codesearch.core.audit import AuditRun, AuditSummary

MAX_RUNS = 60
"""Runs drawn, the latest: two months of nightly audits."""
WIDTH, HEIGHT = 300.0, 80.0
"""Size of a chart in its own units."""


@dataclass(frozen=True, slots=True)
class Point:
    """One run: its date in UTC, its counts, and where it stands across the chart."""

    date: str
    duplication_percent: float
    classes: int
    new: int
    fixed: int


@dataclass(frozen=True, slots=True)
class Series:
    """One quantity over the runs.

    Attributes:
        title: What it is.
        first: Its value in the first run shown, for people.
        last: Likewise, in the last.
        points: ``x,y`` pairs for an SVG polyline; 0 is at the bottom.
    """

    title: str
    first: str
    last: str
    points: str


@dataclass(frozen=True, slots=True)
class Trend:
    """Charts over at least two runs, oldest first."""

    runs: tuple[Point, ...]
    series: tuple[Series, ...]


def trend(history: Sequence[AuditRun]) -> Trend | None:
    """The last finished runs; None when there are fewer than two, of which nobody can draw a line."""
    finished = [(run, run.summary) for run in history if run.summary is not None][-MAX_RUNS:]
    if len(finished) < 2:
        return None
    runs = tuple(_point(run, summary) for run, summary in finished)
    return Trend(
        runs,
        (
            _series("Duplication", [run.duplication_percent for run in runs], "{:.2f} %"),
            _series("Clone classes", [float(run.classes) for run in runs], "{:,.0f}"),
        ),
    )


def _point(run: AuditRun, summary: AuditSummary) -> Point:
    date = datetime.fromtimestamp(run.started_at, UTC).strftime("%Y-%m-%d %H:%M")
    return Point(date, summary.duplication_percent, summary.classes, run.new, run.fixed)


def _series(title: str, values: Sequence[float], form: str) -> Series:
    highest = max(values) or 1.0
    step = WIDTH / (len(values) - 1)
    points = " ".join(
        f"{step * index:.1f},{HEIGHT * (1 - value / highest):.1f}" for index, value in enumerate(values)
    )
    return Series(title, form.format(values[0]), form.format(values[-1]), points)
