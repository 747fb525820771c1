"""From outcomes to labels, by every parser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from codesearch.core.results import Verdict
from codesearch.core.types import F64, Mask
from codesearch.evaluation.study.answer_log import Outcome
from codesearch.evaluation.study.asking import Question
from reranker.judge.answers import parse_answer, problem_with
from reranker.judge.answers.values import UNSTATED
from reranker.judge.asking.prompting import leaks
from reranker.judge.completer import Completion


class Said(IntEnum):
    """What came of asking about a pair."""

    NOT_ASKED = -1
    NOT_CLONE = 0
    CLONE = 1
    UNSURE = 2
    UNREAD = 3  # an answer without a verdict that the parser understands
    FAILED = 4  # the model refused, was silent, or the prompt did not fit


_SAID = {Verdict.CLONE: Said.CLONE, Verdict.NOT_CLONE: Said.NOT_CLONE, Verdict.UNSURE: Said.UNSURE}


@dataclass(frozen=True, slots=True)
class Readings:
    """What one parser made of the answers of a cell: a row per pair, a column per repeat.

    Attributes:
        said: int8 [pairs, repeats], values of :class:`Said`.
        stated: float64 [pairs, repeats], P(clone) by the confidence that the model states beside ``clone`` or
            ``not_clone``; NaN where it states none.
        sound: bool [pairs, repeats], the judge would accept the answer: its lines and names are those of the
            code.
    """

    said: np.ndarray[tuple[int, int], np.dtype[np.int8]]
    stated: F64
    sound: Mask

    @classmethod
    def of(cls, asked: Sequence[tuple[Question, Outcome]], pairs: int, repeats: int, parser: str) -> Readings:
        """Read what came of the questions of one cell."""
        said = np.full((pairs, repeats), Said.NOT_ASKED, np.int8)
        stated = np.full((pairs, repeats), np.nan)
        sound = np.zeros((pairs, repeats), bool)
        for question, outcome in asked:
            place = question.exhibit.pair, question.repeat - 1
            if outcome.completion is None:
                said[place] = Said.FAILED
                continue
            answer = parse_answer(parser, outcome.completion)
            said[place] = Said.UNREAD if answer is None else _SAID[answer.verdict]
            stated[place] = _stated(outcome.completion, parser)
            problem = problem_with(
                answer, question.exhibit.sides, question.exhibit.context, question.cell.prompt
            )
            sound[place] = not problem and not leaks(question.canary, outcome.completion.text)
        return cls(said, stated, sound)

    @classmethod
    def of_verdicts(cls, verdicts: Sequence[Verdict], stated: F64) -> Readings:
        """Verdicts that no model gave, one per pair, with what they state of P(clone): float64 [pairs]."""
        said = np.array([[_SAID[verdict]] for verdict in verdicts], np.int8)
        return cls(said, stated[:, None], np.ones(said.shape, bool))


def _stated(completion: Completion, parser: str) -> float:
    """P(clone) by the model's words alone; one half is what answers without a confidence get."""
    answer = parse_answer(parser, replace(completion, labels=None))
    if answer is None or answer.verdict is Verdict.UNSURE or answer.confidence == UNSTATED:
        return float("nan")
    return answer.confidence if answer.verdict is Verdict.CLONE else 1 - answer.confidence


def weighed(outcome: Outcome) -> float:
    """P(clone) by the probabilities of the labels, of those that decide; NaN where the model gives none."""
    labels = outcome.completion.labels if outcome.completion else None
    if labels is None:
        return float("nan")
    clone, other = labels.get(Verdict.CLONE, 0.0), labels.get(Verdict.NOT_CLONE, 0.0)
    return clone / (clone + other) if clone + other > 0 else float("nan")
