"""The log of a training run: one JSON line per measurement, and a page with the curves."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from collections.abc import Mapping
from html import escape
from pathlib import Path

LOG, PAGE = "run.jsonl", "run.html"


class RunLog:
    """Appends to ``run.jsonl`` in a folder; a run that goes on appends to what it wrote before, a new one
    begins anew.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / LOG
        self._page = folder / PAGE

    def begin(self) -> None:
        """Forget what earlier runs wrote."""
        self._path.unlink(missing_ok=True)

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Note the values of a step."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **values}) + "\n")

    def rows(self) -> list[dict[str, float]]:
        """Everything noted, oldest first; a line that a crash cut off is left out."""
        if not self._path.is_file():
            return []
        rows = []
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                rows.append(json.loads(line))
            except ValueError:
                continue  # the process ended while it wrote: the run goes on from its checkpoint
        return rows

    def write_page(self, title: str) -> Path:
        """Draw every value over the steps into one self-contained HTML page; returns its path.

        Raises:
            MissingExtra: matplotlib is not installed.
        """
        image = _curves(self.rows())
        self._page.write_text(
            "<!doctype html><html lang='en'><meta charset='utf-8'>"
            f"<title>{escape(title)}</title><h1>{escape(title)}</h1>{image}</html>\n",
            encoding="utf-8",
        )
        return self._page


def _curves(rows: list[dict[str, float]]) -> str:
    """An inline SVG: the loss above, every validation figure below."""
    from codesearch.training.extras import require

    require("matplotlib")
    from matplotlib.figure import Figure

    series: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        for name, value in row.items():
            if name not in {"step", "seconds"}:
                series[name].append((row["step"], value))
    figure = Figure(figsize=(9, 7), layout="constrained")
    losses, scores = figure.subplots(2, 1, sharex=True)
    for name, points in series.items():
        axes = losses if name == "loss" else scores
        axes.plot(*zip(*points, strict=True), marker=".", label=name)
    losses.set_ylabel("loss")
    scores.set_ylabel("validation")
    scores.set_xlabel("step")
    if len(series) > 1:
        scores.legend()
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    text = drawn.getvalue()
    return text[text.index("<svg") :]
