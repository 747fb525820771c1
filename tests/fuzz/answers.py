"""Answers of judges: whatever a model writes, it is a verdict that fits the code shown, or none."""

from __future__ import annotations

import json

from fuzz.target import Target
from judge_lab import says
from snippets import JAVA_COPY, PYTHON_MEDIAN, fragment

from codesearch.core.judge import CaseContext
from codesearch.core.results import Verdict
from reranker.judge.answers import PARSERS, parse_answer, problem_with, retry_note
from reranker.judge.answers.sentence import LONGEST_REASON
from reranker.judge.answers.values import MOST_EVIDENCE
from reranker.judge.asking.prompting import Side, load_prompt
from reranker.judge.completer import Completion
from reranker.judge.view.code import view_of

_SIDES = (
    Side(view_of(fragment(PYTHON_MEDIAN)), "python"),
    Side(view_of(fragment(JAVA_COPY, "java")), "java"),
)
_TEMPLATE = load_prompt("few-shot")
_LABELS = (None, {Verdict.CLONE: 0.7, Verdict.NOT_CLONE: 0.2, Verdict.UNSURE: 0.1})


def _understands(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for parser in PARSERS:
        for labels in _LABELS:
            _check(parser, Completion(text, labels=labels))


def _check(parser: str, completion: Completion) -> None:
    answer = parse_answer(parser, completion)
    assert parse_answer(parser, completion) == answer
    problem = problem_with(answer, _SIDES, CaseContext(), _TEMPLATE)
    assert len(retry_note(problem)) < 1000
    if answer is None:
        assert problem
        return
    assert 0 <= answer.confidence <= 1
    assert answer.verdict is Verdict.CLONE or answer.clone_type is None
    assert len(answer.evidence) <= MOST_EVIDENCE
    assert len(answer.reason) <= LONGEST_REASON
    assert answer.reason.isprintable()
    if not problem:
        for pair in answer.evidence:
            for (first, last), side in zip(pair, _SIDES, strict=True):
                assert 1 <= first <= last <= side.view.height


TARGETS = (
    Target(
        "judge-answers",
        "judge answers",
        _understands,
        (
            says().encode(),
            says("not_clone", 70, reason="`median` sorts, copy() reads.").encode(),
            b"<think>is it?</think> <answer>" + says("unsure").encode() + b"</answer>",
            b"Verdict: not a clone. Confidence: 80 %. Clone type: T3. Reason: `buffer` is read.",
            b'Sure! {"Verdict": "yes", "confidence": "0.9", "evidence": [{"a_lines": "1-3", "b_lines": 2}]}',
            b'{"verdict": true, "confidence": 1e400, "evidence": [{"a_lines": [NaN], "b_lines": [1e9]}]}',
            json.dumps({"verdict": {"verdict": ["clone"]}, "clone_type": 3, "reason": "\u202e\n"}).encode(),
            b"not_clone",
        ),
    ),
)
