"""Answers of models that think first: ``<think>...</think> <answer>...</answer>``."""

from __future__ import annotations

import re
from dataclasses import replace

from codesearch.core.judge import Answer
from reranker.judge.answers.json_object import read_json, read_json_in_prose
from reranker.judge.answers.labels import read_label
from reranker.judge.answers.values import Contradiction
from reranker.judge.completer import Completion

_THOUGHT_BEGINS = re.compile(r"<think(?:ing)?>", re.IGNORECASE)
_THOUGHT_ENDS = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_ANSWER = re.compile(r"<answer>(.*?)(?:</answer>|\Z)", re.IGNORECASE | re.DOTALL)


def spoken(text: str) -> str:
    """What a model says once it has thought; nothing when its answer ended within a thought."""
    ends = [thought.end() for thought in _THOUGHT_ENDS.finditer(text)]
    rest = text[ends[-1] :] if ends else text
    unfinished = _THOUGHT_BEGINS.search(rest)
    return rest[: unfinished.start()] if unfinished else rest


def read_tagged(completion: Completion) -> Answer | None:
    """The answer between the tags, JSON or a label; without tags, the text has to be that alone.

    Raises:
        Contradiction: Two answers give different verdicts.
    """
    parts = _ANSWER.findall(completion.text)
    if not parts:
        return read_json(completion) or read_label(completion)
    inside = [replace(completion, text=part) for part in parts]
    answers = [answer for part in inside if (answer := read_json_in_prose(part) or read_label(part))]
    if len({answer.verdict for answer in answers}) > 1:
        raise Contradiction
    return answers[-1] if answers else None
