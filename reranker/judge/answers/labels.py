"""Answers that are one label: the text itself, or the most probable next word."""

from __future__ import annotations

from codesearch.core.judge import Answer
from reranker.judge.answers.values import read_answer
from reranker.judge.completer import Completion


def read_label(completion: Completion) -> Answer | None:
    """The answer where the text is a label and nothing else, in any of its spellings."""
    return read_answer({"verdict": completion.text.strip()}, completion.labels)


def read_probabilities(completion: Completion) -> Answer | None:
    """The most probable verdict with its probability, whatever the text says; None when two are even."""
    ranked = sorted((completion.labels or {}).items(), key=lambda label: -label[1])
    if not ranked or not 0 < ranked[0][1] <= 1 or (len(ranked) > 1 and ranked[1][1] == ranked[0][1]):
        return None
    verdict, probability = ranked[0]
    return Answer(verdict, None, probability)
