"""Parsers by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from codesearch.core.judge import Answer
from reranker.judge.answers.json_object import read_json, read_json_in_prose
from reranker.judge.answers.labels import read_label, read_probabilities
from reranker.judge.answers.prose import read_prose
from reranker.judge.answers.tagged import read_tagged, spoken
from reranker.judge.answers.values import Contradiction
from reranker.judge.completer import Completion

Parser = Callable[[Completion], Answer | None]


def _read_any(completion: Completion) -> Answer | None:
    """The answer of the first parser that understands the text, the strictest one first."""
    for parser in (read_json, read_tagged, read_json_in_prose, read_label, read_prose, read_probabilities):
        answer = parser(completion)
        if answer is not None:
            return answer
    return None


PARSERS: Mapping[str, Parser] = {
    "auto": _read_any,
    "json": read_json,
    "json-in-prose": read_json_in_prose,
    "answer-tag": read_tagged,
    "regex": read_prose,
    "exact-label": read_label,
    "label-probabilities": read_probabilities,
}


def parse_answer(parser: str, completion: Completion) -> Answer | None:
    """What a model answered, as the parser of that name reads it; its thoughts are left out first.

    None where it is not understood or contradicts itself. The answer is not compared with any code yet.
    """
    try:
        return PARSERS[parser](replace(completion, text=spoken(completion.text)))
    except Contradiction:
        return None
