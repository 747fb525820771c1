"""The study from data to results."""

from __future__ import annotations

from collections import Counter, defaultdict
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
from codesearch.evaluation.study.comparisons import compare
from codesearch.evaluation.study.data import StudyData
from codesearch.evaluation.study.exhibits import Exhibits, Sources, show_pairs
from codesearch.evaluation.study.figures import effort, quality
from codesearch.evaluation.study.model import Connect, shown_settings
from codesearch.evaluation.study.plan import Cell, Plan
from codesearch.evaluation.study.reading import Readings
from codesearch.evaluation.study.results import CellResult, Study
from reranker.judge.budget import Budget
from reranker.judge.completer import Completer

Asked = Mapping[Cell, Sequence[tuple[Question, Outcome]]]
"""What came of the questions of each cell, without those that have no outcome."""


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
    planned = len(plan.cells) * plan.repeats * len(data.pairs)
    progress.stage("asking", "questions", planned)
    asking = Asking(log, Budget(planned if plan.budget is None else plan.budget), progress.advance)
    asked: dict[Cell, list[tuple[Question, Outcome]]] = defaultdict(list)
    with watch.stage("ask"):
        for temperature in plan.temperatures:
            if temperature != plan.temperatures[0]:
                del model  # a local one leaves the memory before it is loaded anew
                model = connect(_at(settings, temperature))
            for question, outcome in _outcomes(plan, temperature, exhibits, model, asking):
                asked[question.cell].append((question, outcome))
    labels = [pair.label for pair in data.pairs]
    with watch.stage("count"):
        cells, readings = _counted(plan, exhibits, asked, asking, labels)
        comparisons = {parser: compare(read, np.array(labels)) for parser, read in readings.items()}
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
        cells=cells,
        comparisons=comparisons,
        degraded=tuple(sorted({*asking.degraded, *_degraded(sources.engine, log)})),
        seconds=watch.seconds(),
    )
    return Ended(study, asking.failure if asking.gave_up else None, asking.interrupted)


def _at(settings: Judge, temperature: float) -> Judge:
    return settings.model_copy(update={"temperature": temperature})


def _outcomes(
    plan: Plan, temperature: float, exhibits: Exhibits, model: Completer, asking: Asking
) -> Iterator[tuple[Question, Outcome]]:
    """What comes of the questions of a temperature.

    They are asked pair by pair and cell by cell, so that a study that ends early has heard all of its cells
    about the same pairs.
    """
    cells = [cell for cell in plan.cells if cell.temperature == temperature]
    questions = [
        Question.about(found, cell, repeat, model.fingerprint)
        for repeat in range(1, plan.repeats + 1)
        for of_pair in zip(*(exhibits[cell.kinds] for cell in cells), strict=True)
        for cell, found in zip(cells, of_pair, strict=True)
    ]
    return asking.ask(model, questions)


def _counted(
    plan: Plan, exhibits: Exhibits, asked: Asked, asking: Asking, labels: Sequence[bool]
) -> tuple[list[CellResult], dict[str, dict[Cell, Readings]]]:
    """The figures of every cell, and its readings by parser."""
    truth = np.array(labels, bool)
    cells = []
    readings: dict[str, dict[Cell, Readings]] = {parser: {} for parser in plan.parsers}
    for cell in plan.cells:
        outcomes = asked.get(cell, ())
        for parser, read in readings.items():
            read[cell] = Readings.of(outcomes, len(labels), plan.repeats, parser)
        kept = Counter(str(one.failure) for _, one in outcomes if one.failure is not None)
        failures = kept + Counter({str(kind): n for (at, kind), n in asking.unanswered.items() if at == cell})
        cells.append(
            CellResult(
                cell=cell,
                with_context=sum(bool(one.context.items) for one in exhibits[cell.kinds]),
                effort=effort(
                    [(one, labels[question.exhibit.pair]) for question, one in outcomes], plan.prices
                ),
                failures=dict(sorted(failures.items())),
                by_parser={
                    parser: quality(read[cell], truth, plan.seed) for parser, read in readings.items()
                },
                readings=readings[plan.parsers[0]][cell],
            )
        )
    return cells, readings


def _degraded(engine: Engine, log: AnswerLog) -> Iterator[str]:
    if log.damaged:
        yield "study:damaged-answers"
    if engine.cascade.calibration.embedder != engine.embedder.id:
        yield "calibration:other-embedder"
