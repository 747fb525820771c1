"""Charts of a study as SVG that takes the colour of the text around it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from codesearch.core.errors import MissingExtra
from codesearch.core.types import Mask
from codesearch.evaluation.study.baselines import ALWAYS, CASCADE
from codesearch.evaluation.study.plan import Variant
from codesearch.evaluation.study.reading import Said
from codesearch.evaluation.study.results import CellResult, Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INK = "#010203"  # stands for the colour of the text in what matplotlib draws; none of the others is like it
# Of Okabe and Ito (2008), told apart by the colour-blind and legible on white and on black.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_OUTCOMES: Mapping[str, str] = {
    "right": "#009e73",
    "wrong": "#d55e00",
    "unsure": "#e69f00",
    "unread": "#cc79a7",
    "failed": "#7f7f7f",
}
_LINES = {ALWAYS: ":", CASCADE: "--"}
_BINS = 10
_WIDTH = 4.4  # inches; letters are legible on a telephone
_METADATA = ("Creator", "Date", "Format", "Type")  # left out: nobody reads them in a page
_STYLE = {
    "svg.fonttype": "none",  # text stays text: it can be read aloud and searched
    "svg.hashsalt": "codesearch study",
    "text.color": _INK,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}


def require_charts() -> None:
    """Check that charts can be drawn, before a model is asked.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    if find_spec("matplotlib") is None:
        raise MissingExtra("codesearch study", "study")


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing for an HTML page.

    Attributes:
        title: What it shows.
        svg: An element ``<svg>``, which names nothing that is not its own.
    """

    title: str
    svg: str


def study_charts(study: Study) -> list[Chart]:
    """The charts that the answers give something for."""
    import matplotlib as mpl

    with mpl.rc_context(_STYLE):
        figures = {
            "F1 with its 95 % interval; lines are what needs no model": _f1(study),
            "What came of asking": _outcomes(study),
            "Stated P(clone) and share of clones; all cells and repeats of a prompt together": (
                _calibration(study)
            ),
            "F1 and tokens per answer; beside points the temperature": _tokens(study),
        }
        return [Chart(title, _svg(figure)) for title, figure in figures.items() if figure is not None]


def _f1(study: Study) -> Figure:
    figure, axes = _by_cell(study)
    colours = _prompt_colours(study)
    for row, found in enumerate(study.cells):
        estimate = found.head.f1
        if estimate.value is None:
            continue
        low, high = estimate.interval or (estimate.value, estimate.value)
        colour = colours[found.cell.prompt.name]
        axes.plot([low, high], [row, row], color=colour, linewidth=2)
        axes.plot(estimate.value, row, "o", color=colour)
    for name, baseline in study.baselines.items():
        if baseline.f1.value is not None:
            axes.axvline(baseline.f1.value, color=_INK, linewidth=1, linestyle=_LINES[name], label=name)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel("F1")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, fontsize="small")
    return figure


def _outcomes(study: Study) -> Figure:
    """Shares of the outcomes of each cell."""
    figure, axes = _by_cell(study)
    truth = np.array(study.labels, bool)[:, None]
    left = np.zeros(len(study.cells))
    shares = np.array([_shares(found, truth) for found in study.cells]).T
    for (name, colour), share in zip(_OUTCOMES.items(), shares, strict=True):
        axes.barh(np.arange(len(left)), share, 0.4, left=left, color=colour, label=name)
        left += share
    axes.set_xlim(0, 1)
    axes.set_xlabel("share of the outcomes")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, fontsize="small")
    return figure


def _calibration(study: Study) -> Figure | None:
    """Share of clones by what the model states, a line per prompt over all its cells and repeats; None where
    it states nothing.
    """
    figure, axes = _square()
    axes.plot([0, 1], [0, 1], ":", color=_INK)
    labels = np.array(study.labels, np.float64)[:, None]
    drawn = False
    for prompt, colour in _prompt_colours(study).items():
        grids = [found.readings.stated for found in study.cells if found.cell.prompt.name == prompt]
        stated = np.concatenate([grid.ravel() for grid in grids])
        clone = np.concatenate([np.broadcast_to(labels, grid.shape).ravel() for grid in grids])
        known = ~np.isnan(stated)
        if known.any():
            drawn = True
            place = np.minimum((stated[known] * _BINS).astype(np.int64), _BINS - 1)
            sizes = np.bincount(place, minlength=_BINS)
            full = sizes > 0
            mean, share = (
                np.bincount(place, values[known], _BINS)[full] / sizes[full] for values in (stated, clone)
            )
            axes.plot(mean, share, "-", color=colour, label=prompt)
            axes.scatter(mean, share, s=10 + 90 * sizes[full] / sizes.max(), color=colour)
    axes.set_xlabel("P(clone) as stated")
    axes.set_ylabel("share of clones")
    if drawn:
        axes.legend(fontsize="small")
    return figure if drawn else None


def _tokens(study: Study) -> Figure | None:
    """F1 against tokens per answer; None where the model does not tell them."""
    figure, axes = _square()
    colours = _prompt_colours(study)
    markers = dict(zip(Variant, "osD^v", strict=True))
    drawn: set[str] = set()
    for found in study.cells:
        cell, effort, f1 = found.cell, found.effort, found.head.f1.value
        if effort.read is None or effort.written is None or f1 is None:
            continue
        name = f"{cell.prompt.name} · {cell.variant}"
        tokens = (effort.read + effort.written) / effort.answers
        axes.annotate(
            f"{cell.temperature:g}", (tokens, f1), (4, 4), textcoords="offset points", fontsize="x-small"
        )
        axes.plot(
            tokens,
            f1,
            markers[cell.variant],
            color=colours[cell.prompt.name],
            label=None if name in drawn else name,
        )
        drawn.add(name)
    axes.set_xlabel("tokens read and written per answer")
    axes.set_ylabel("F1")
    if drawn:
        axes.legend(fontsize="x-small", loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return figure if drawn else None


def _shares(found: CellResult, truth: Mask) -> list[float]:
    said = found.readings.said
    decided = (said == Said.CLONE) | (said == Said.NOT_CLONE)
    right = decided & ((said == Said.CLONE) == truth)
    parts = (right, decided & ~right, said == Said.UNSURE, said == Said.UNREAD, said == Said.FAILED)
    whole = max(1, int((said >= 0).sum()))
    return [float(part.sum() / whole) for part in parts]


def _by_cell(study: Study) -> tuple[Figure, Axes]:
    """A chart with a row per cell, the first one on top."""
    from matplotlib.figure import Figure

    count = len(study.cells)
    figure = Figure(figsize=(_WIDTH, 1.2 + 0.4 * count), layout="constrained")
    axes = figure.subplots()
    axes.set_yticks([])
    for row, found in enumerate(study.cells):  # above its row: beside it, it would leave the row no room
        axes.annotate(found.cell.label, (0, row - 0.3), fontsize="small", va="bottom")
    axes.set_ylim(count - 0.5, -0.9)
    return figure, axes


def _square() -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, 3.8), layout="constrained")
    return figure, figure.subplots()


def _prompt_colours(study: Study) -> dict[str, str]:
    names = [prompt.name for prompt in study.plan.prompts]
    return {name: _COLOURS[number % len(_COLOURS)] for number, name in enumerate(names)}


def _svg(figure: Figure) -> str:
    """The drawing, transparent, its ink that of the page."""
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", transparent=True, metadata=dict.fromkeys(_METADATA))
    text = drawn.getvalue()
    return text[text.index("<svg") :].replace(_INK, "currentColor")
