"""The study from data to results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from codesearch.core.errors import CodesearchError
from codesearch.core.settings.sections import Judge
from codesearch.engine import Engine
from codesearch.evaluation.run import Progress
from codesearch.evaluation.stopwatch import Stopwatch
from codesearch.evaluation.study.answer_log import AnswerLog, Outcome
from codesearch.evaluation.study.asking import Asking, Question
from codesearch.evaluation.study.baselines import baselines
from codesearch.evaluation.study.comparisons import Comparison, compare
from codesearch.evaluation.study.data import StudyData
from codesearch.evaluation.study.exhibits import Exhibits, Sources, show_pairs
from codesearch.evaluation.study.figures import effort, quality
from codesearch.evaluation.study.model import Connect, shown_settings
from codesearch.evaluation.study.plan import Cell, Plan
from codesearch.evaluation.study.reading import Readings
from codesearch.evaluation.study.results import CellResult, Study
from reranker.judge.asking.budget import Budget
from reranker.judge.completer import Completer

Asked = Mapping[Cell, Sequence[tuple[Question, Outcome]]]
"""What came of the questions of each cell, in the order of the plan, without those that have no outcome."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A study, whole or not, and what ended it early.

    Attributes:
        study: What there is.
        failure: The model's last failure where it was given up.
        interrupted: Whether the user stopped it.
    """

    study: Study
    failure: CodesearchError | None
    interrupted: bool


def run_study(
    data: StudyData, plan: Plan, sources: Sources, connect: Connect, log: AnswerLog, progress: Progress
) -> Ended:
    """Ask what was not asked yet, and count everything.

    Args:
        data: The pairs.
        plan: What is tried.
        sources: Where context comes from; the settings of its engine say what else is the same in all cells.
        connect: Gives the model for settings.
        log: Knows the answers of earlier runs, and keeps those of this one.
        progress: Hears how far it is.

    Raises:
        CodesearchError: The model cannot be had, or the data cannot be used.
    """
    watch = Stopwatch()
    settings = sources.engine.settings.judge
    model = connect(_at(settings, plan.temperatures[0]))  # first: without a model the rest is in vain
    name = model.name
    with watch.stage("retrieve"):
        exhibits = show_pairs(data, plan, sources, model.count_tokens, progress)
    chosen, left_out = exhibits.asked(plan)
    planned = len(chosen) * plan.repeats * len(data.pairs)
    progress.stage("asking", "questions", planned)
    asking = Asking(log, Budget(planned if plan.budget is None else plan.budget), progress.advance)
    asked: dict[Cell, list[tuple[Question, Outcome]]] = {cell: [] for cell in chosen}
    with watch.stage("ask"):
        for temperature in plan.temperatures:
            if temperature != plan.temperatures[0]:
                del model  # a local one leaves the memory before it is loaded anew
                model = connect(_at(settings, temperature))
            cells = [cell for cell in chosen if cell.temperature == temperature]
            for question, outcome in asking.ask(model, _questions(cells, plan.repeats, exhibits, model)):
                asked[question.cell].append((question, outcome))
    labels = [pair.label for pair in data.pairs]
    with watch.stage("count"):
        results, comparisons = _counted(asked, plan, exhibits, asking, labels)
    study = Study(
        plan=plan,
        model=name,
        settings=shown_settings(settings),
        data=data.origin,
        counts={
            "fragments": len(data.fragments),
            "pairs": len(labels),
            "clones": sum(labels),
            "not_clones": len(labels) - sum(labels),
            "planned": planned,
            "outcomes": sum(map(len, asked.values())),
            "calls": asking.calls,
        },
        labels=labels,
        cells=results,
        left_out=left_out,
        baselines=baselines(exhibits.decisions, np.array(labels, bool)),
        comparisons=comparisons,
        degraded=tuple(sorted({*asking.degraded, *_degraded(sources.engine, log)})),
        seconds=watch.seconds(),
    )
    return Ended(study, asking.failure if asking.gave_up else None, asking.interrupted)


def _at(settings: Judge, temperature: float) -> Judge:
    return settings.model_copy(update={"temperature": temperature})


def _counted(
    asked: Asked, plan: Plan, exhibits: Exhibits, asking: Asking, labels: Sequence[bool]
) -> tuple[list[CellResult], dict[str, list[Comparison]]]:
    """The figures of every cell, and what differs by parser."""
    truth = np.array(labels, bool)
    readings = {
        parser: {
            cell: Readings.of(outcomes, len(labels), plan.repeats, parser) for cell, outcomes in asked.items()
        }
        for parser in plan.parsers
    }
    cells = [
        CellResult(
            cell=cell,
            with_context=exhibits.with_context(cell),
            effort=effort([(one, labels[question.exhibit.pair]) for question, one in outcomes], plan.prices),
            failures=_failures(cell, outcomes, asking),
            by_parser={parser: quality(read[cell], truth) for parser, read in readings.items()},
            readings=readings[plan.parsers[0]][cell],
        )
        for cell, outcomes in asked.items()
    ]
    return cells, {parser: compare(read, truth) for parser, read in readings.items()}


def _questions(cells: Sequence[Cell], repeats: int, exhibits: Exhibits, model: Completer) -> list[Question]:
    """The questions of a temperature.

    Pair by pair and cell by cell, so that a study that ends early has heard all of its cells about the same
    pairs.
    """
    return [
        Question.about(found, cell, repeat, model.fingerprint)
        for repeat in range(1, repeats + 1)
        for of_pair in zip(*(exhibits.of(cell) for cell in cells), strict=True)
        for cell, found in zip(cells, of_pair, strict=True)
    ]


def _failures(cell: Cell, asked: Sequence[tuple[Question, Outcome]], asking: Asking) -> dict[str, int]:
    """Calls without an answer by kind, whether or not they count as outcomes."""
    kept = Counter(str(one.failure) for _, one in asked if one.failure is not None)
    unanswered = {str(kind): count for (at, kind), count in asking.unanswered.items() if at == cell}
    return dict(sorted((kept + Counter(unanswered)).items()))


def _degraded(engine: Engine, log: AnswerLog) -> Iterator[str]:
    if log.damaged:
        yield "study:damaged-answers"
    if engine.cascade.calibration.embedder != engine.embedder.id:
        yield "calibration:other-embedder"
