"""Figures of a study against cases reckoned by hand, and against the statistics that they name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.core.results import Decision, Verdict
from codesearch.core.types import Mask
from codesearch.evaluation.study.answer_log import Outcome
from codesearch.evaluation.study.baselines import baselines
from codesearch.evaluation.study.comparisons import Family, compare, holm, mcnemar
from codesearch.evaluation.study.figures import Quality, effort, quality
from codesearch.evaluation.study.plan import Cell, Prices, Variant
from codesearch.evaluation.study.reading import Readings, Said
from reranker.judge.asking.prompting import load_prompt
from reranker.judge.completer import Completion, FailureKind

_LETTERS = {
    "c": Said.CLONE,
    "n": Said.NOT_CLONE,
    "?": Said.UNSURE,
    "-": Said.UNREAD,
    "x": Said.FAILED,
    " ": Said.NOT_ASKED,
}


def readings(*rows: str, stated: float = np.nan) -> Readings:
    """One row per pair, one letter per repeat."""
    said = np.array([[_LETTERS[letter] for letter in row] for row in rows], np.int8)
    return Readings(said, np.full(said.shape, stated), np.ones(said.shape, bool))


def labels(text: str) -> Mask:
    return np.array([letter == "c" for letter in text])


def figures(truth: str, *rows: str) -> Quality:
    return quality(readings(*rows), labels(truth))


def test_precision_recall_and_accuracy_of_a_case_reckoned_by_hand() -> None:
    # Clones: found, missed, unsure, refused. Others: rejected, reported, unread, not asked.
    found = figures("ccccnnnn", "c", "n", "?", "x", "n", "c", "-", " ")
    assert (found.pairs, found.outcomes) == (7, 7)
    assert found.accuracy.value == pytest.approx(2 / 7)
    assert found.precision.value == pytest.approx(1 / 2)
    assert found.recall.value == pytest.approx(1 / 4)
    assert found.f1.value == pytest.approx(2 / 6)
    assert found.coverage.value == pytest.approx(4 / 7)
    assert (found.unsure, found.unread, found.failed) == (1, 1, 1)


def test_what_never_answers_is_never_right() -> None:
    found = figures("cn", "-", "-")
    assert found.accuracy.value == 0.0
    assert found.precision.value is None
    assert found.precision.interval is None
    assert found.recall.value == 0.0


def test_nothing_asked_gives_no_figure() -> None:
    found = figures("cn", " ", " ")
    assert found.outcomes == 0
    estimates = (found.accuracy, found.precision, found.recall, found.f1, found.coverage)
    assert {(one.value, one.interval) for one in estimates} == {(None, None)}
    assert (found.ece, found.agreement, found.kappa) == (None, None, None)


def test_answers_about_one_pair_count_as_one_trial() -> None:
    once, often = figures("cccc", "c", "c", "c", "n"), figures("cccc", "ccc", "ccc", "ccc", "nnn")
    assert once.accuracy == often.accuracy


@given(st.lists(st.sampled_from("cn?"), min_size=1, max_size=30), st.data())
def test_an_interval_of_f1_holds_it_and_is_never_a_point(said: list[str], data: st.DataObject) -> None:
    truth = data.draw(st.text("cn", min_size=len(said), max_size=len(said)))
    found = figures(truth, *said).f1
    if found.value is None:
        assert "c" not in truth
        assert "c" not in said
    else:
        assert found.interval is not None
        low, high = found.interval
        assert 0 <= low <= found.value <= high <= 1
        assert low < high


def test_an_interval_of_f1_is_that_of_the_overlap() -> None:
    # 3 of the 5 that are clones or called so are both: Wilson's interval of 3/5 is .2307 to .8824.
    found = figures("ccccn", "c", "c", "c", "n", "c").f1
    assert found.value == pytest.approx(6 / 8)
    assert found.interval == pytest.approx((2 * 0.2307 / 1.2307, 2 * 0.8824 / 1.8824), abs=1e-4)


def test_agreement_is_the_share_of_pairs_with_one_label_in_all_repeats() -> None:
    found = figures("ccnn", "ccc", "c?c", "nnn", "nn ")
    assert found.agreement == pytest.approx(2 / 3)
    assert figures("cn", "c", "n").agreement is None


def test_kappa_is_that_of_fleiss() -> None:
    # The worked example of the article on Fleiss' kappa in Wikipedia: 10 subjects, 14 raters, 5 categories.
    votes = ("0 0 0 0 14", "0 2 6 4 2", "0 0 3 5 6", "0 3 9 2 0", "2 2 8 1 1", "7 7 0 0 0", "3 2 6 3 0")
    more = ("2 5 3 2 2", "6 5 2 1 0", "0 2 2 3 7")
    rows = []
    for subject in (*votes, *more):
        rows.append("".join(letter * int(n) for letter, n in zip("nc?-x", subject.split(), strict=True)))
    kappa = figures("c" * len(rows), *rows).kappa
    assert kappa == pytest.approx(0.210, abs=5e-4)
    assert figures("cc", "cc", "cc").kappa is None


def test_calibration_counts_only_what_is_stated() -> None:
    found = quality(readings("c", "c", "n", stated=0.9), labels("cnn"))
    assert found.stated == 3
    assert found.ece == pytest.approx(abs(0.9 - 1 / 3))
    assert figures("cn", "c", "n").stated == 0


def outcome(read: int, written: int, clone: float | None = None) -> Outcome:
    given = None
    if clone is not None:
        given = {Verdict.CLONE: clone / 2, Verdict.NOT_CLONE: (1 - clone) / 2, Verdict.UNSURE: 0.5}
    return Outcome(Completion("clone", read, written, given), None, 2.0)


def test_cost_is_that_of_the_tokens_that_the_model_tells() -> None:
    refused = Outcome(None, FailureKind.REFUSED, 1.0)
    found = effort([(outcome(1000, 10), True), (outcome(500, 5), False), (refused, True)], Prices(2.0, 8.0))
    assert (found.answers, found.left_out) == (2, 1)
    assert (found.read, found.written, found.seconds) == (1500, 15, 5.0)
    assert found.cost == pytest.approx((1500 * 2 + 15 * 8) / 1e6)
    assert effort([(outcome(1000, 10), True)], None).cost is None


def test_no_tokens_are_invented_for_a_model_that_tells_none() -> None:
    found = effort([(outcome(0, 0), True), (outcome(10, 1), True)], Prices(1, 1))
    assert (found.read, found.written, found.cost) == (None, None, None)


def test_label_probabilities_are_those_of_the_verdicts_that_decide() -> None:
    found = effort([(outcome(1, 1, clone=0.8), True), (outcome(1, 1), False)], None)
    assert found.weighed == 1
    assert found.weighed_ece == pytest.approx(0.2)


@given(gained=st.integers(0, 60), lost=st.integers(0, 60))
def test_mcnemar_is_the_exact_binomial_test(gained: int, lost: int) -> None:
    scipy = pytest.importorskip("scipy.stats")
    expected = scipy.binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
    assert mcnemar(gained, lost) == pytest.approx(expected)


def test_holm_adjusts_in_steps() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=8))
def test_adjusted_p_values_keep_their_order_and_never_fall(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(p <= q <= 1 for p, q in zip(p_values, adjusted, strict=True))
    ranked = sorted(range(len(p_values)), key=p_values.__getitem__)
    assert [adjusted[n] for n in ranked] == sorted(adjusted)


def test_contexts_are_compared_with_none_and_prompts_with_zero_shot() -> None:
    few, zero = load_prompt("few-shot"), load_prompt("zero-shot")
    plain, shown = Cell(few, Variant.NONE, 0.0), Cell(few, Variant.PRECEDENTS, 0.0)
    base, warm = Cell(zero, Variant.NONE, 0.0), Cell(few, Variant.NONE, 0.7)
    read = {
        plain: readings("c", "n", "?", "n"),
        shown: readings("c", "c", "c", "c"),
        base: readings("n", "n", "n", " "),
        warm: readings("c", "c", "c", "n"),
    }
    found = {(one.cell, one.base): one for one in compare(read, labels("cccn"))}
    assert {ways: one.family for ways, one in found.items()} == {
        (shown, plain): Family.CONTEXT,
        (plain, base): Family.PROMPT,
        (warm, plain): Family.TEMPERATURE,
    }
    context = found[shown, plain]
    assert (context.pairs, context.gained, context.lost) == (4, 2, 1)
    assert context.p == 1.0
    assert (found[plain, base].pairs, found[plain, base].gained) == (3, 1)


def test_the_first_prompt_stands_in_for_zero_shot() -> None:
    few, direct = (Cell(load_prompt(name), Variant.NONE, 0.0) for name in ("few-shot", "direct"))
    [one] = compare({few: readings("c"), direct: readings("n")}, labels("c"))
    assert (one.cell, one.base) == (direct, few)


def test_p_values_are_adjusted_within_a_family() -> None:
    few = load_prompt("few-shot")
    right, wrong = readings(*"cccccc"), readings(*"nnnnnn")
    read = {
        Cell(few, Variant.NONE, 0.0): wrong,
        Cell(few, Variant.PRECEDENTS, 0.0): right,
        Cell(few, Variant.CALLEES, 0.0): wrong,
        Cell(few, Variant.NONE, 0.7): right,
    }
    found = compare(read, labels("cccccc"))
    assert [one.adjusted for one in found] == pytest.approx([4 / 64, 1.0, 2 / 64])
    assert [one.believed for one in found] == [False, False, True]


def test_baselines_are_what_needs_no_model() -> None:
    said = [(Verdict.CLONE, 0.9), (Verdict.UNSURE, 0.5), (Verdict.NOT_CLONE, 0.1)]
    decisions = [Decision(verdict, None, p, "reranker", {}, 0.3, (), "") for verdict, p in said]
    found = baselines(decisions, labels("ccn"))
    assert found["always clone"].accuracy.value == pytest.approx(2 / 3)
    assert found["always clone"].recall.value == 1.0
    cascade = found["cascade alone"]
    assert (cascade.precision.value, cascade.recall.value, cascade.unsure) == (1.0, 0.5, 1)
    assert cascade.ece == pytest.approx((0.1 + 0.5 + 0.1) / 3)
