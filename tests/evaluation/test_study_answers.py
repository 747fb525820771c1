"""The answers of a study: kept, read again, read by several parsers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from snippets import JAVA_COPY, PYTHON_MEDIAN

from codesearch.core.errors import InputError
from codesearch.core.judge import CaseContext
from codesearch.core.results import Verdict
from codesearch.core.types import Fragment
from codesearch.evaluation.study.answer_log import FILE, AnswerLog, Outcome
from codesearch.evaluation.study.asking import Exhibit, Question
from codesearch.evaluation.study.plan import Cell, Variant
from codesearch.evaluation.study.reading import Readings, Said, weighed
from indexer.fragments import whole_fragment
from indexer.parsing.languages import registry
from reranker.judge.asking.prompting import Side, load_prompt
from reranker.judge.completer import Completion, FailureKind
from reranker.judge.view.code import view_of

LABELS = {Verdict.CLONE: 0.7, Verdict.NOT_CLONE: 0.2, Verdict.UNSURE: 0.1}
JSON = '{"verdict": "clone", "clone_type": "T3", "confidence": 0.9, "evidence": [{"a_lines": [1, 2], "b_lines": [1, 2]}], "reason": ""}'  # noqa: E501


def parsed(code: str, language: str) -> Fragment:
    return whole_fragment(code.encode(), registry().get(language))


def exhibit(pair: int = 0) -> Exhibit:
    first, second = parsed(JAVA_COPY, "java"), parsed(PYTHON_MEDIAN, "python")
    sides = Side(view_of(first), "java"), Side(view_of(second), "python")
    return Exhibit(pair, ("one", "two"), sides, CaseContext())


def question(prompt: str = "zero-shot", temperature: float = 0.0, repeat: int = 1, by: str = "m") -> Question:
    return Question.about(
        exhibit(), Cell(load_prompt(prompt), Variant.NONE, temperature), repeat, fingerprint=by
    )


def said(parser: str, text: str, labels: dict[Verdict, float] | None = None) -> Readings:
    outcome = Outcome(Completion(text, labels=labels), None, 0.0)
    return Readings.of([(question(), outcome)], 1, 1, parser)


def test_outcomes_are_known_to_the_next_run(tmp_path: Path) -> None:
    answered = Outcome(Completion("two\nlines \u2028 and \x9b", 5, 2, LABELS), None, 0.5)
    refused = Outcome(None, FailureKind.REFUSED, 0.1)
    log = AnswerLog(tmp_path / "new" / "folder")
    log.add("a", answered, {"prompt": "few-shot-1"})
    log.add("b", refused, {})
    again = AnswerLog(tmp_path / "new" / "folder")
    assert (again.get("a"), again.get("b"), again.get("c")) == (answered, refused, None)
    assert again.damaged == 0


def test_a_line_that_was_cut_off_is_dropped_and_the_next_stands_by_itself(tmp_path: Path) -> None:
    log = AnswerLog(tmp_path)
    log.add("a", Outcome(Completion("clone"), None, 0.0), {})
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes() + path.read_bytes()[:40])
    log = AnswerLog(tmp_path)
    log.add("b", Outcome(Completion("unsure"), None, 0.0), {})
    assert [json.loads(line)["key"] for line in path.read_text().splitlines()] == ["a", "b"]
    assert log.damaged == 0


def test_half_a_surrogate_pair_is_read_alike_in_every_run(tmp_path: Path) -> None:
    log = AnswerLog(tmp_path)
    log.add("a", Outcome(Completion("clone \ud800"), None, 0.0), {})
    known = log.get("a")
    assert known is not None
    assert AnswerLog(tmp_path).get("a") == known


@pytest.mark.parametrize("line", ["{}", "[]", '{"key": "a"}', "\ufffd", '{"schema": 1, "key": 2}'])
def test_damaged_lines_are_counted_and_left_alone(tmp_path: Path, line: str) -> None:
    (tmp_path / FILE).write_text(line + "\n", encoding="utf-8")
    log = AnswerLog(tmp_path)
    log.add("b", Outcome(Completion("unsure"), None, 0.0), {})
    assert log.damaged == 1
    assert (tmp_path / FILE).read_text(encoding="utf-8").startswith(line)


def test_no_folder_is_made_before_there_is_an_answer(tmp_path: Path) -> None:
    log = AnswerLog(tmp_path / "new" / "folder")
    assert not (tmp_path / "new").exists()
    log.add("a", Outcome(Completion("clone"), None, 0.0), {})
    assert (tmp_path / "new" / "folder" / FILE).is_file()


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot keep answers"):
        AnswerLog(tmp_path / "file")
    with pytest.raises(InputError, match="Not a directory"):
        AnswerLog(tmp_path / "file" / "below")


def test_a_question_depends_on_all_that_its_answer_depends_on() -> None:
    keys = [
        question().key,
        question(prompt="few-shot").key,
        question(temperature=0.7).key,
        question(repeat=2).key,
        question(by="another").key,
    ]
    assert len(set(keys)) == len(keys)
    assert question().key == keys[0]
    assert question().prompt == question().prompt


def test_a_canary_stands_in_the_instructions_alone() -> None:
    asked = question()
    assert asked.canary in asked.prompt.system
    assert asked.canary not in asked.prompt.user


@pytest.mark.parametrize(
    ("parser", "text", "expected"),
    [
        ("json", JSON, Said.CLONE),
        ("json", f"Here you are: {JSON}", Said.UNREAD),
        ("json-in-prose", f"Here you are: {JSON}", Said.CLONE),
        ("regex", "Verdict: not a clone.", Said.NOT_CLONE),
        ("json", "Verdict: not a clone.", Said.UNREAD),
        ("exact-label", "unsure", Said.UNSURE),
        ("auto", "unsure", Said.UNSURE),
        ("auto", "I would rather not say.", Said.UNREAD),
    ],
)
def test_parsers_differ_in_what_they_read(parser: str, text: str, expected: Said) -> None:
    assert said(parser, text).said.tolist() == [[expected]]


def test_probabilities_are_a_label_of_their_own() -> None:
    read = said("label-probabilities", "not_clone", LABELS)
    assert read.said.tolist() == [[Said.CLONE]]
    assert np.isnan(read.stated).all()
    assert said("exact-label", "not_clone", LABELS).said.tolist() == [[Said.NOT_CLONE]]
    assert weighed(Outcome(Completion("", labels=LABELS), None, 0)) == pytest.approx(7 / 9)
    assert np.isnan(weighed(Outcome(Completion(""), None, 0)))


def test_only_a_stated_confidence_counts_as_stated() -> None:
    assert said("json", JSON).stated.tolist() == [[0.9]]
    assert said("json", JSON.replace('"clone"', '"not_clone"')).stated.tolist() == [[pytest.approx(0.1)]]
    assert np.isnan(said("exact-label", "clone", LABELS).stated).all()


def test_an_answer_that_the_judge_would_refuse_is_unsound() -> None:
    assert said("json", JSON).sound.all()
    assert not said("json", JSON.replace("[1, 2]", "[70, 80]")).sound.any()
    assert not said("json", JSON.replace('""', '"calls `frobnicate`"')).sound.any()
    assert not said("json", JSON.replace('""', f'"{question().canary}"')).sound.any()


def test_a_refusal_is_an_outcome_and_no_answer() -> None:
    refused = Outcome(None, FailureKind.REFUSED, 0.0)
    assert Readings.of([(question(), refused)], 1, 1, "auto").said.tolist() == [[Said.FAILED]]
