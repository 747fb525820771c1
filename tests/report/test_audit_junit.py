from __future__ import annotations

import io
from xml.etree.ElementTree import Element, fromstring

import pytest
from audit_reports import FakeSources, audit, clone_class, hostile_audit, member, small_audit
from hypothesis import given
from hypothesis import strategies as st

from codesearch.core.audit import AuditReport, Gate
from codesearch.report import audit_junit
from codesearch.report.audit_junit import JunitReporter


def suites(report: AuditReport) -> dict[str, Element]:
    out = io.StringIO()
    JunitReporter().write(report, FakeSources(), out)
    root = fromstring(out.getvalue())  # noqa: S314 - our own output
    return {suite.get("name", ""): suite for suite in root}


def failures(suite: Element) -> list[str]:
    return [case.get("name", "") for case in suite if case.find("failure") is not None]


def test_new_classes_fail_in_the_suite_of_their_type_and_known_ones_pass() -> None:
    by_name = suites(small_audit())
    assert list(by_name) == [
        "gate",
        "T1 exact copies",
        "T2 renamed copies",
        "T3 near-miss clones",
        "T4 semantic clones",
    ]
    assert failures(by_name["T1 exact copies"]) == ["copy 0000000000000003"]
    assert failures(by_name["T2 renamed copies"]) == []
    assert by_name["T2 renamed copies"].attrib["tests"] == "1"
    assert by_name["T3 near-miss clones"].attrib["failures"] == "1"


def test_a_failure_lists_the_places_and_what_to_do() -> None:
    [case] = suites(small_audit())["T3 near-miss clones"]
    assert case.attrib["classname"] == case.attrib["file"] == "src/net/read.py"
    assert case.findtext("failure", "").splitlines() == [
        "src/io.py:10-29  parse",
        "src/net/read.py:40-59  parse_line  new",
        "97% sure. Same statements; 2 added; identifiers renamed: ifp→in. "
        "Suggestion: extract a function, in src.",
    ]


def test_a_closed_gate_fails_with_its_reasons() -> None:
    [case] = suites(small_audit())["gate"]
    assert case.findtext("failure") == "2 new clone classes (--fail-on new)"
    [passed] = suites(audit())["gate"]
    assert passed.find("failure") is None


def test_a_gate_that_no_news_closes_fails_every_class() -> None:
    found = (clone_class(1), clone_class(2))
    assert failures(suites(audit(*found))["T3 near-miss clones"]) == []
    closed = audit(*found, gate=Gate(False, ("2 clone classes",)))
    assert len(failures(suites(closed)["T3 near-miss clones"])) == 2


def test_a_class_of_many_places_is_cut_and_counted() -> None:
    many = audit(clone_class(1, *(member(f"f{n}.py", new=True) for n in range(30)), new=True))
    assert "and in 10 more places" in suites(many)["T3 near-miss clones"][0].findtext("failure", "")


def test_classes_beyond_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_junit, "MAX_CASES", 2)
    by_name = suites(small_audit())
    assert by_name["T2 renamed copies"].attrib["tests"] == "0"
    assert "1 class left out, those least worth merging." in by_name["gate"][0].findtext("system-out", "")


def test_markup_in_names_stays_text() -> None:
    cases = [case.get("name", "") for suite in suites(hostile_audit()).values() for case in suite]
    assert any(name.startswith("<script>alert(1)</script>") for name in cases)


@given(st.text())
def test_every_name_and_reason_gives_valid_xml(text: str) -> None:
    found = clone_class(1, member(text, name=text, new=True), member("b.py"), explanation=text, new=True)
    assert suites(audit(found, gate=Gate(False, (text,)), degraded=(text,)))
