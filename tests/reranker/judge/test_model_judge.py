"""The judge over a model: whom it asks first, what it may spend, and what happens when the model fails."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
from judge_lab import (
    ScriptedModel,
    in_turn,
    model_judge,
    number_of,
    numbered_pair,
    pair_of,
    says,
)
from snippets import JAVA_COPY, fragment

from codesearch.core.errors import IndexFailure
from codesearch.core.judge import Case, CaseContext, ContextItem, ContextKind
from codesearch.core.results import CloneType, Verdict
from reranker.judge.completer import Completion, FailureKind, ModelFailure, Prompt

MANY = [numbered_pair(number, 0.4 + number / 100) for number in range(12)]
HINT = ContextItem(ContextKind.PRECEDENT, "judged clone", "A, python:\n   1| f()", "python-t4-01")


def failure(kind: FailureKind) -> ModelFailure:
    return ModelFailure(kind, f"the model at h:1 failed ({kind})", "look at the server")


def with_hint(case: Case, count_tokens: object) -> CaseContext:
    del case, count_tokens
    return CaseContext((HINT,))


def test_a_verdict_of_the_model_comes_with_who_gave_it_and_what_it_read() -> None:
    model = ScriptedModel(says("clone", 0.9, reason="Both add up rows."))
    [ruling] = model_judge(model, retrieve=with_hint).judge([numbered_pair(1)])
    assert ruling is not None
    assert (ruling.verdict, ruling.clone_type, ruling.decided_by) == (
        Verdict.CLONE,
        CloneType.T4,
        "llm:scripted",
    )
    assert ruling.probability == pytest.approx(0.9)
    assert ruling.reason == "Both add up rows."
    assert ruling.evidence == (((1, 1), (1, 1)),)
    assert ruling.precedents == ("python-t4-01",)


@pytest.mark.parametrize(
    ("verdict", "confidence", "probability"),
    [("clone", 1.0, 0.99), ("not_clone", 1.0, 0.01), ("not_clone", 0.9, 0.1), ("unsure", 0.9, 0.37)],
)
def test_no_model_is_ever_certain_and_an_unsure_one_leaves_the_probability(
    verdict: str, confidence: float, probability: float
) -> None:
    [ruling] = model_judge(ScriptedModel(says(verdict, confidence))).judge([numbered_pair(1, 0.37)])
    assert ruling is not None
    assert ruling.probability == pytest.approx(probability)


def test_the_most_uncertain_pairs_are_asked_first() -> None:
    odds = (0.9, 0.5, 0.3, 0.55, 0.1)
    model = ScriptedModel(says())
    model_judge(model).judge([numbered_pair(number, odd) for number, odd in enumerate(odds)])
    assert [number_of(prompt) for prompt in model.prompts] == [1, 3, 2, 0, 4] or [
        number_of(prompt) for prompt in model.prompts
    ] == [1, 3, 2, 4, 0]


def test_a_budget_of_calls_goes_to_the_most_uncertain_pairs(caplog: pytest.LogCaptureFixture) -> None:
    model = ScriptedModel(says())
    judge = model_judge(model, calls=3)
    rulings = judge.judge([numbered_pair(number, 0.5 + number / 100) for number in range(6)])
    assert [ruling is not None for ruling in rulings] == [True] * 3 + [False] * 3
    assert judge.degraded == {"judge:budget-exhausted"}
    assert len(model.prompts) == 3
    [record] = caplog.records
    assert "judge.budget" in record.getMessage()


def test_a_budget_that_suffices_to_the_call_is_no_degradation() -> None:
    judge = model_judge(ScriptedModel(says()), calls=3)
    assert None not in judge.judge(MANY[:3])
    assert not judge.degraded


def test_a_budget_of_tokens_ends_after_the_call_that_goes_beyond_it() -> None:
    model = ScriptedModel(says(), read=100, written=10)
    judge = model_judge(model, tokens=220)
    assert sum(ruling is not None for ruling in judge.judge(MANY)) == 2
    assert judge.degraded == {"judge:token-budget-exhausted"}
    assert judge.judge(MANY[5:6]) == [None]
    assert len(model.prompts) == 2


def test_a_budget_of_nothing_asks_nothing_and_says_so() -> None:
    model = ScriptedModel(says())
    judge = model_judge(model, calls=0)
    assert judge.judge(MANY[:2]) == [None, None]
    assert judge.degraded == {"judge:budget-exhausted"}
    assert not model.prompts


def test_a_budget_that_ends_between_two_questions_about_a_pair_gives_it_no_ruling() -> None:
    model = ScriptedModel(says("clone", 0.5))  # so that it is asked both ways
    judge = model_judge(model, calls=1)
    assert judge.judge(MANY[:1]) == [None]
    assert judge.degraded == {"judge:budget-exhausted"}


@pytest.mark.parametrize("concurrency", [2, 8])
def test_what_runs_out_shows_whatever_runs_at_the_same_time(concurrency: int) -> None:
    judge = model_judge(ScriptedModel(says("clone", 0.5), concurrency=concurrency), calls=7)
    assert None in judge.judge(MANY)
    assert judge.degraded == {"judge:budget-exhausted"}


def test_nothing_to_judge_is_no_question() -> None:
    judge = model_judge(ScriptedModel(says()), calls=0)
    assert judge.judge([]) == []
    assert not judge.degraded


def test_a_pair_that_comes_twice_is_asked_about_once() -> None:
    model = ScriptedModel(says("clone", lines=[((1, 1), (2, 3))]))
    case = numbered_pair(1)
    swapped = replace(case, first=case.second, second=case.first)
    one, other, again = model_judge(model).judge([case, swapped, case])
    assert len(model.prompts) == 1
    assert one is not None
    assert other is not None
    assert one == again
    assert [pair[::-1] for pair in one.evidence] == list(other.evidence)
    assert replace(one, evidence=()) == replace(other, evidence=())


def test_the_model_may_be_asked_about_several_pairs_at_a_time() -> None:
    def script(prompt: Prompt) -> str:
        number = number_of(prompt)
        return says("clone" if number % 2 else "not_clone", 0.6 + number / 100)

    alone, together = (
        model_judge(ScriptedModel(script, concurrency=concurrency)).judge(MANY) for concurrency in (1, 8)
    )
    assert alone == together
    assert None not in alone


def test_a_context_that_is_too_large_is_left_out() -> None:
    def script(prompt: Prompt) -> str | ModelFailure:
        return failure(FailureKind.CONTEXT_TOO_LARGE) if "Precedents" in prompt.user else says()

    model = ScriptedModel(script)
    judge = model_judge(model, retrieve=with_hint)
    [ruling] = judge.judge(MANY[:1])
    assert ruling is not None
    assert ruling.precedents == ()
    assert judge.degraded == {"judge:context-too-large"}
    assert len(model.prompts) == 2


def test_pairs_that_are_too_large_even_alone_do_not_keep_others_from_being_asked() -> None:
    def script(prompt: Prompt) -> str | ModelFailure:
        return says() if number_of(prompt) == 9 else failure(FailureKind.CONTEXT_TOO_LARGE)

    judge = model_judge(ScriptedModel(script))
    rulings = judge.judge([numbered_pair(number, 0.5 + number / 100) for number in range(10)])
    assert [ruling is not None for ruling in rulings] == [False] * 9 + [True]
    assert judge.degraded == {"judge:context-too-large"}


def test_pairs_that_a_filter_declines_do_not_keep_others_from_being_asked() -> None:
    def script(prompt: Prompt) -> str | ModelFailure:
        return says() if number_of(prompt) == 9 else failure(FailureKind.REFUSED)

    judge = model_judge(ScriptedModel(script))
    rulings = judge.judge([numbered_pair(number, 0.5 + number / 100) for number in range(10)])
    assert rulings[-1] is not None
    assert judge.degraded == {"judge:refused"}


@pytest.mark.parametrize(
    "kind",
    [
        FailureKind.UNREACHABLE,
        FailureKind.TIMEOUT,
        FailureKind.SERVER,
        FailureKind.RATE_LIMITED,
        FailureKind.EMPTY,
        FailureKind.BROKEN,
    ],
)
def test_a_model_that_fails_three_times_in_a_row_is_given_up(
    kind: FailureKind, caplog: pytest.LogCaptureFixture
) -> None:
    model = ScriptedModel(failure(kind))
    judge = model_judge(model)
    assert judge.judge(MANY) == [None] * len(MANY)
    assert judge.judge(MANY[:1]) == [None]
    assert len(model.prompts) == 3
    assert judge.degraded == {f"judge:{kind}"}
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "h:1" in record.getMessage()


@pytest.mark.parametrize("kind", [FailureKind.UNAUTHORISED, FailureKind.NO_SUCH_MODEL])
def test_a_model_that_will_never_answer_is_given_up_at_once(kind: FailureKind) -> None:
    model = ScriptedModel(failure(kind))
    judge = model_judge(model)
    assert judge.judge(MANY) == [None] * len(MANY)
    assert len(model.prompts) == 1
    assert judge.degraded == {f"judge:{kind}"}


def test_a_model_that_fails_now_and_then_is_asked_on(caplog: pytest.LogCaptureFixture) -> None:
    bad = failure(FailureKind.SERVER)
    judge = model_judge(ScriptedModel(in_turn(bad, bad, says(), bad, bad, says())))
    assert [ruling is not None for ruling in judge.judge([numbered_pair(n) for n in range(8)])].count(
        True
    ) == 4
    assert len(caplog.records) == 1


def test_every_kind_of_failure_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    slow, down = failure(FailureKind.TIMEOUT), failure(FailureKind.UNREACHABLE)
    judge = model_judge(ScriptedModel(in_turn(slow, down, says(), slow, down, says())))
    judge.judge(MANY)
    assert judge.degraded == {"judge:timeout", "judge:unreachable"}
    assert len(caplog.records) == 2


def test_answers_that_cannot_be_used_show_once_for_all(caplog: pytest.LogCaptureFixture) -> None:
    judge = model_judge(ScriptedModel("As a language model, I like both."))
    rulings = judge.judge(MANY[:3])
    assert {ruling.verdict for ruling in rulings if ruling} == {Verdict.UNSURE}
    assert [ruling.probability for ruling in rulings if ruling] == [
        case.decision.probability for case in MANY[:3]
    ]
    assert judge.degraded == {"judge:unusable-answer"}
    assert len(caplog.records) <= 1


def test_tokens_that_a_server_does_not_tell_are_estimated() -> None:
    judge = model_judge(ScriptedModel(Completion(says())), tokens=5)
    assert sum(ruling is not None for ruling in judge.judge(MANY)) == 1
    assert judge.degraded == {"judge:token-budget-exhausted"}


def test_the_same_pair_in_two_languages_of_equal_text_is_two_questions() -> None:
    model = ScriptedModel(says())
    java, csharp = (fragment(JAVA_COPY, language) for language in ("java", "csharp"))
    other = fragment("int f(int a) {\n    return a + 1;\n}\n", "java")
    model_judge(model).judge([pair_of(java, other), pair_of(csharp, other)])
    assert len(model.prompts) == 2


def test_a_pair_that_cannot_be_shown_keeps_no_other_from_being_asked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    foreign = replace(MANY[0].first, fragment=replace(MANY[0].first.fragment, language="klingon"))
    judge = model_judge(ScriptedModel(says()))
    rulings = judge.judge([replace(MANY[0], first=foreign), MANY[1]])
    assert [ruling is not None for ruling in rulings] == [False, True]
    assert judge.degraded == {"judge:not-asked"}
    [record] = caplog.records
    assert "klingon" in record.getMessage()


def test_a_context_that_cannot_be_found_costs_its_pair_only() -> None:
    def retrieve(case: Case, count_tokens: object) -> CaseContext:
        if case is MANY[0]:
            raise IndexFailure("a segment is damaged")
        return CaseContext()

    judge = model_judge(ScriptedModel(says()), retrieve=retrieve)
    assert [ruling is not None for ruling in judge.judge(MANY[:3])] == [False, True, True]
    assert judge.degraded == {"judge:not-asked"}


def test_fragments_without_code_are_no_trouble() -> None:
    empty = fragment("")
    [ruling] = model_judge(ScriptedModel(says("unsure", lines=[]))).judge([pair_of(empty, empty)])
    assert ruling is not None
    assert ruling.verdict is Verdict.UNSURE
