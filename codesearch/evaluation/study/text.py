"""A study as lines for a person."""

from __future__ import annotations

from collections.abc import Iterator

from codesearch.evaluation.study.figures import Estimate
from codesearch.evaluation.study.results import CellResult, Study
from codesearch.report.printable import printable

_BELIEVED = 0.05


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
        f"{'prompt':<20}{'context':<12}{'temp.':>5}{'n':>7}{'accuracy':>10}{'precision':>10}{'recall':>8}"
        f"{'F1':>7}{'':>14}{'unsure':>7}{'unread':>7}{'failed':>7}"
    )
    for found in study.cells:
        yield _cell_line(found)
    yield from _comparison_lines(study)
    yield from _note_lines(study)


def shown(value: float | None) -> str:
    """A share, or a dash where there is none."""
    return "-" if value is None else f"{value:.3f}"


def interval(estimate: Estimate) -> str:
    """Both ends, empty where they are not known."""
    return "" if estimate.interval is None else "{:.3f}-{:.3f}".format(*estimate.interval)


def _cell_line(found: CellResult) -> str:
    cell, head = found.cell, found.head
    figures = (
        f"{shown(head.accuracy.value):>10}{shown(head.precision.value):>10}{shown(head.recall.value):>8}"
    )
    return (
        f"{cell.prompt.name:<20}{cell.variant:<12}{cell.temperature:>5g}{head.outcomes:>7,}{figures}"
        f"{shown(head.f1.value):>7}{interval(head.f1):>14}"
        f"{head.unsure:>7,}{head.unread:>7,}{head.failed:>7,}"
    )


def _comparison_lines(study: Study) -> Iterator[str]:
    found = study.comparisons[study.plan.parsers[0]]
    believed = [one for one in found if one.adjusted < _BELIEVED]
    if found and not believed:
        yield f"of {len(found):,} comparisons none is more than chance (McNemar, Holm, p < {_BELIEVED})"
    for one in believed:
        yield (
            f"{one.cell.label} against {one.base.label}: {one.gained:,} pairs gained, {one.lost:,} lost, "
            f"p = {one.adjusted:.2g} (McNemar, Holm)"
        )


def _note_lines(study: Study) -> Iterator[str]:
    if study.plan.left_out:
        ways = ", ".join(f"{prompt.name} with {variant}" for prompt, variant in study.plan.left_out)
        yield f"left out, as these prompts show no such context: {ways}"
    if study.degraded:
        yield f"degraded: {', '.join(study.degraded)}"
