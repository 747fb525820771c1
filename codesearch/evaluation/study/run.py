"""The study from data to results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
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
from codesearch.evaluation.study.comparisons import compare
from codesearch.evaluation.study.data import StudyData
from codesearch.evaluation.study.exhibits import Exhibits, Sources, show_pairs
from codesearch.evaluation.study.figures import Effort, effort, quality
from codesearch.evaluation.study.model import Connect, shown_settings
from codesearch.evaluation.study.plan import Cell, Plan
from codesearch.evaluation.study.reading import Readings
from codesearch.evaluation.study.results import CellResult, Study
from reranker.judge.budget import Budget
from reranker.judge.completer import Completer


_Asked = tuple[Question, Outcome]


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
    with watch.stage("ask"):
        asked = _asked(chosen, plan, exhibits, model, lambda warmth: connect(_at(settings, warmth)), asking)
    labels = [pair.label for pair in data.pairs]
    truth = np.array(labels, bool)
    with watch.stage("count"):
        readings = {
            parser: {cell: Readings.of(asked[cell], len(labels), plan.repeats, parser) for cell in chosen}
            for parser in plan.parsers
        }
        results = [
            CellResult(
                cell=cell,
                with_context=exhibits.with_context(cell),
                effort=_effort(asked[cell], labels, plan),
                failures=_failures(cell, asked[cell], asking),
                by_parser={parser: quality(read[cell], truth) for parser, read in readings.items()},
                readings=readings[plan.parsers[0]][cell],
            )
            for cell in chosen
        ]
        comparisons = {parser: compare(read, truth) for parser, read in readings.items()}
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
        baselines=baselines(exhibits.decisions, truth),
        comparisons=comparisons,
        degraded=tuple(sorted({*asking.degraded, *_degraded(sources.engine, log)})),
        seconds=watch.seconds(),
    )
    return Ended(study, asking.failure if asking.gave_up else None, asking.interrupted)


def _at(settings: Judge, temperature: float) -> Judge:
    return settings.model_copy(update={"temperature": temperature})


def _asked(
    cells: Sequence[Cell],
    plan: Plan,
    exhibits: Exhibits,
    model: Completer,
    connect_at: Callable[[float], Completer],
    asking: Asking,
) -> dict[Cell, list[_Asked]]:
    """What came of the questions of each cell, without those that have no outcome; ``model`` is that of the
    first temperature.
    """
    asked: dict[Cell, list[_Asked]] = {cell: [] for cell in cells}
    for temperature in plan.temperatures:
        if temperature != plan.temperatures[0]:
            del model  # a local one leaves the memory before it is loaded anew
            model = connect_at(temperature)
        here = [cell for cell in cells if cell.temperature == temperature]
        for question, outcome in asking.ask(model, _questions(here, plan.repeats, exhibits, model)):
            asked[question.cell].append((question, outcome))
    return asked


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


def _effort(asked: Sequence[_Asked], labels: Sequence[bool], plan: Plan) -> Effort:
    return effort([(outcome, labels[question.exhibit.pair]) for question, outcome in asked], plan.prices)


def _failures(cell: Cell, asked: Sequence[_Asked], asking: Asking) -> dict[str, int]:
    """Calls without an answer by kind, whether or not they count as outcomes."""
    kept = Counter(str(one.failure) for _, one in asked if one.failure is not None)
    unanswered = {str(kind): count for (at, kind), count in asking.unanswered.items() if at == cell}
    return dict(sorted((kept + Counter(unanswered)).items()))


def _degraded(engine: Engine, log: AnswerLog) -> Iterator[str]:
    if log.damaged:
        yield "study:damaged-answers"
    if engine.cascade.calibration.embedder != engine.embedder.id:
        yield "calibration:other-embedder"
