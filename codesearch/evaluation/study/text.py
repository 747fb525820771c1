"""A study as lines for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from codesearch.evaluation.study.comparisons import BELIEVED, Comparison
from codesearch.evaluation.study.figures import Estimate, Quality
from codesearch.evaluation.study.results import CellResult, Study
from codesearch.report.printable import printable

_FEW = 0.5  # share of the pairs; with less the figures are mostly those of pairs without context


def study_lines(study: Study) -> Iterator[str]:
    """The figures of the first parser, what differs, and what is missing."""
    counts = study.counts
    yield (
        f"{printable(study.model)}: {counts['pairs']:,} pairs ({counts['clones']:,} clones), "
        f"{counts['outcomes']:,} of {counts['planned']:,} questions with an outcome, "
        f"{counts['calls']:,} calls in this run"
    )
    yield f"read by the parser {study.plan.parsers[0]}; F1 with its 95 % interval"
    yield (
        f"{'prompt':<20}{'context':<12}{'temp.':>5}{'with context':>14}{'n':>7}{'accuracy':>10}"
        f"{'precision':>10}{'recall':>8}{'F1':>7}{'':>14}{'unsure':>7}{'unread':>7}{'failed':>7}"
    )
    for name, baseline in study.baselines.items():
        yield f"{name:<51}{_figures(baseline)}"
    for found in study.cells:
        cell = found.cell
        way = f"{cell.prompt.name:<20}{cell.variant:<12}{cell.temperature:>5g}"
        yield f"{way}{with_context(found, study):>14}{_figures(found.head)}"
    yield from _comparison_lines(study)
    yield from _note_lines(study)


def shown(value: float | None) -> str:
    """A share, or a dash where there is none."""
    return "-" if value is None else f"{value:.3f}"


def interval(estimate: Estimate) -> str:
    """Both ends, empty where they are not known."""
    return "" if estimate.interval is None else "{:.3f}-{:.3f}".format(*estimate.interval)


def with_context(found: CellResult, study: Study) -> str:
    """Pairs of a cell that something was found for, of all; a dash where nothing is shown."""
    return f"{found.with_context:,}/{study.counts['pairs']:,}" if found.cell.kinds else "-"


def scarce(study: Study) -> list[CellResult]:
    """The cells that show a context which few pairs have."""
    pairs = study.counts["pairs"]
    return [found for found in study.cells if found.cell.kinds and found.with_context < _FEW * pairs]


def summary(comparisons: Sequence[Comparison]) -> str:
    """How many comparisons there are and how many of them say something, one sentence without its period."""
    count = len(comparisons)
    believed = sum(one.believed for one in comparisons)
    pairs = max((one.pairs for one in comparisons), default=0)
    return (
        f"{count:,} {'comparison' if count == 1 else 'comparisons'}: {believed or 'none'} can be told from "
        f"chance with {pairs:,} pairs (McNemar, Holm, p < {BELIEVED:g})"
    )


def _figures(found: Quality) -> str:
    estimates = found.accuracy, found.precision, found.recall, found.f1
    accuracy, precision, recall, f1 = (shown(one.value) for one in estimates)
    return (
        f"{found.outcomes:>7,}{accuracy:>10}{precision:>10}{recall:>8}{f1:>7}{interval(found.f1):>14}"
        f"{found.unsure:>7,}{found.unread:>7,}{found.failed:>7,}"
    )


def _comparison_lines(study: Study) -> Iterator[str]:
    found = study.comparisons[study.plan.parsers[0]]
    if found:
        yield summary(found)
    for one in found:
        if one.believed:
            yield (
                f"{one.cell.label} against {one.base.label}: {one.gained:,} gained, {one.lost:,} lost, "
                f"p = {one.adjusted:.2g}"
            )


def _note_lines(study: Study) -> Iterator[str]:
    if study.left_out:
        yield f"left out: {'; '.join(one.label for one in study.left_out)}"
    if few := scarce(study):
        ways = ", ".join(f"{one.cell.label} ({with_context(one, study)})" for one in few)
        yield f"few pairs have the context that is shown: {ways}"
    if study.degraded:
        yield f"degraded: {', '.join(study.degraded)}"
