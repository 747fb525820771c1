"""What a study found, as its reports read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codesearch.evaluation.study.comparisons import Comparison
from codesearch.evaluation.study.figures import Effort, Quality
from codesearch.evaluation.study.plan import Cell, LeftOut, Plan
from codesearch.evaluation.study.reading import Readings


@dataclass(frozen=True, slots=True)
class CellResult:
    """One way of asking.

    Attributes:
        cell: Which.
        with_context: Pairs that were to be shown with at least one piece of context.
        effort: What the answers took.
        failures: Calls without an answer by kind, those of this run that may be tried again among them.
        by_parser: Figures by parser, in the order of the plan.
        readings: Of the first parser.
    """

    cell: Cell
    with_context: int
    effort: Effort
    failures: Mapping[str, int]
    by_parser: Mapping[str, Quality]
    readings: Readings

    @property
    def head(self) -> Quality:
        """The figures of the first parser."""
        return next(iter(self.by_parser.values()))


@dataclass(frozen=True, slots=True)
class Study:
    """What a study found.

    Attributes:
        plan: What was tried.
        model: As in ``decided_by``.
        settings: Of the judge, as far as a report shows them.
        data: Names of the files with the pairs.
        counts: ``fragments``, ``pairs``, ``clones``, ``not_clones``, ``planned`` and ``outcomes`` (questions,
            those with an outcome), ``calls`` (made in this run).
        labels: The label of each pair.
        cells: In the order of the plan.
        left_out: What the plan names and nobody was asked, as it would show nothing.
        baselines: Figures of verdicts that need no model, by their names.
        comparisons: By parser.
        degraded: What did not go as planned.
        seconds: By stage, of this run.
    """

    plan: Plan
    model: str
    settings: Mapping[str, str | int]
    data: Sequence[str]
    counts: Mapping[str, int]
    labels: Sequence[bool]
    cells: Sequence[CellResult]
    left_out: Sequence[LeftOut]
    baselines: Mapping[str, Quality]
    comparisons: Mapping[str, Sequence[Comparison]]
    degraded: tuple[str, ...]
    seconds: Mapping[str, float]

    @property
    def complete(self) -> bool:
        """Whether every question has an outcome."""
        return self.counts["outcomes"] == self.counts["planned"]
