"""Conditions are read as people write them, and a closed gate says why."""

from __future__ import annotations

from dataclasses import replace

import pytest
from audit_reports import audit, clone_class, member, small_audit
from hypothesis import given
from hypothesis import strategies as st

from codesearch.audit.gate import Condition, Subject, check_conditions, evaluate
from codesearch.core.audit import AuditReport, Gate
from codesearch.core.errors import UsageError


def judged(report: AuditReport, *conditions: str) -> Gate:
    return evaluate([Condition.parse(text) for text in conditions], report.summary, report.classes)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("new", Condition(Subject.NEW)),
        (" Any ", Condition(Subject.ANY)),
        ("duplication>3%", Condition(Subject.DUPLICATION, ">", 3)),
        ("duplication>3", Condition(Subject.DUPLICATION, ">", 3)),
        ("Duplication >= 2.5 %", Condition(Subject.DUPLICATION, ">=", 2.5)),
        ("classes>10", Condition(Subject.CLASSES, ">", 10)),
        ("classes>=0", Condition(Subject.CLASSES, ">=", 0)),
    ],
)
def test_a_condition_is_read_as_people_write_it(text: str, meant: Condition) -> None:
    assert Condition.parse(text) == meant
    assert Condition.parse(str(meant)) == meant


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "old",
            "duplication",
            "classes",
            "duplication=3%",
            "duplication>",
            "duplication>-1",
            "classes<3",
        ),
        *(
            "classes>3%",
            "classes>2.5",
            "new>1",
            "any>=0",
            "duplication>101%",
            "duplication>1e9",
            "classes>3 4",
        ),
        *("duplication>3%\n>x", "duplication>٣", "new any", "x" * 10_000),
    ],
)
def test_anything_else_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        Condition.parse(text)
    assert "'duplication>3%'" in caught.value.hint


@given(st.sampled_from([">", ">="]), st.floats(0, 100).map(lambda limit: round(limit, 4)))
def test_a_condition_reads_what_it_writes(comparison: str, limit: float) -> None:
    condition = Condition(Subject.DUPLICATION, comparison, limit)
    assert Condition.parse(str(condition)) == condition


def test_no_condition_closes_nothing() -> None:
    assert judged(small_audit()) == Gate()


def test_new_tells_new_classes_from_those_that_grew() -> None:
    assert judged(small_audit(), "new").reasons == (
        "1 new clone class and 1 clone class with new members (--fail-on new)",
    )
    whole = [
        clone_class(number, member(new=True), member(start=40, new=True), new=True) for number in range(3)
    ]
    assert judged(audit(*whole), "new").reasons == ("3 new clone classes (--fail-on new)",)
    assert judged(audit(clone_class()), "new") == Gate()


def test_any_closes_on_every_reported_class() -> None:
    assert judged(small_audit(), "any") == Gate(False, ("3 clone classes (--fail-on any)",))
    assert judged(audit(), "any").passed


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("duplication>3", "4.2 % duplicated lines are more than 3 % (--fail-on 'duplication>3%')"),
        (
            "duplication>=4.2",
            "4.2 % duplicated lines are not less than 4.2 % (--fail-on 'duplication>=4.2%')",
        ),
        ("duplication>4.2%", None),
        ("duplication>4.19%", "4.2 % duplicated lines are more than 4.19 % (--fail-on 'duplication>4.19%')"),
    ],
)
def test_duplication_is_compared_with_the_figure_that_is_shown(text: str, reason: str | None) -> None:
    report = audit(clone_class())
    # 4.2008 %
    summary = replace(report.summary, lines=999_800, duplicated_lines=42_000)
    gate = judged(replace(report, summary=summary), text)
    assert gate.reasons == (() if reason is None else (reason,))
    assert gate.passed is (reason is None)


def test_classes_are_counted() -> None:
    report = audit(*(clone_class(number) for number in range(12)))
    assert judged(report, "classes>12").passed
    assert judged(report, "classes>10").reasons == (
        "12 clone classes are more than 10 (--fail-on 'classes>10')",
    )
    assert judged(audit(clone_class()), "classes>=1").reasons == (
        "1 clone class is not less than 1 (--fail-on 'classes>=1')",
    )


def test_every_closed_condition_gives_its_reason_once_in_the_order_given() -> None:
    gate = judged(small_audit(), "any", "classes>9", "duplication>3%", "ANY", "new")
    assert [reason.partition("--fail-on ")[2] for reason in gate.reasons] == [
        "any)",
        "'duplication>3%')",
        "new)",
    ]


def test_an_empty_corpus_duplicates_nothing() -> None:
    report = audit()
    empty = replace(report, summary=replace(report.summary, lines=0, duplicated_lines=0))
    assert judged(empty, "duplication>0%").passed


def test_new_without_anything_to_compare_with_says_what_to_add() -> None:
    conditions = [Condition.parse("any"), Condition.parse("new")]
    with pytest.raises(UsageError, match=r"--baseline FILE.*--since REV"):
        check_conditions(conditions, compared=False)
    check_conditions(conditions, compared=True)
    check_conditions(conditions[:1], compared=False)
