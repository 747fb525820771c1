from __future__ import annotations

import io
import json

from audit_reports import FakeSources, audit, clone_class, member, small_audit

from codesearch.core.audit import AuditReport, RoleSummary
from codesearch.core.types import Role
from codesearch.report.audit_document import JsonReporter, audit_document


def parsed(report: AuditReport) -> dict[str, object]:
    out = io.StringIO()
    JsonReporter().write(report, FakeSources(), out)
    document = json.loads(out.getvalue())
    assert isinstance(document, dict)
    return document


def test_the_document_has_the_keys_of_the_contract_and_no_times() -> None:
    document = parsed(small_audit())
    assert document == audit_document(small_audit())
    assert list(document) == [
        "schema",
        "degraded",
        "summary",
        "classes",
        "hidden",
        "manipulations",
        "fixed",
        "gate",
    ]
    assert document["schema"] == "codesearch.audit/1"
    assert document["gate"] == {"passed": False, "reasons": ["2 new clone classes (--fail-on new)"]}
    assert document["hidden"] == {
        "ignored_members": 2,
        "accepted_classes": 1,
        "rejected_members": 0,
        "judged_classes": 0,
    }
    assert document["fixed"] == ["00000000000000ff"]


def test_a_class_and_its_members_have_the_keys_of_the_contract() -> None:
    [found] = json.loads(json.dumps(audit_document(audit(clone_class()))))["classes"]
    assert list(found) == [
        "id",
        "clone_type",
        "probability",
        "decided_by",
        "precedents",
        "similarity",
        "role",
        "lines",
        "saved_lines",
        "new",
        "action",
        "target",
        "variation",
        "members",
        "explanation",
    ]
    assert found["variation"] == {
        "names": [["ifp", "in"]],
        "renamed": 1,
        "literals": 0,
        "statements": 2,
        "skeleton": [],
    }
    assert found["members"][0] == {
        "corpus": "corpus",
        "path": "src/io.py",
        "start_line": 10,
        "end_line": 29,
        "name": "parse",
        "kind": "function",
        "language": "python",
        "role": "source",
        "content": f"{10:032x}",
        "new": False,
    }


def test_the_summary_counts_by_type_and_role_with_the_four_roles_always() -> None:
    summary = json.loads(json.dumps(audit_document(small_audit())))["summary"]
    assert summary["duplication_percent"] == 12.0
    assert summary["by_type"] == {"T1": 1, "T2": 1, "T3": 1, "T4": 0}
    assert list(summary["by_role"]) == ["source", "test", "generated", "vendored"]
    assert summary["by_role"]["test"] == {
        "files": 10,
        "lines": 400,
        "classes": 3,
        "duplicated_lines": 120,
        "duplication_percent": 30.0,
    }


def test_roles_beyond_the_four_are_there_where_a_corpus_has_them() -> None:
    report = audit()
    counts = {**report.summary.by_role, Role.MINIFIED: RoleSummary(1, 2, 0, 0)}
    report.summary.by_role.update(counts)  # type: ignore[attr-defined]
    by_role = json.loads(json.dumps(audit_document(report)))["summary"]["by_role"]
    assert list(by_role) == ["source", "test", "generated", "vendored", "minified"]


def test_without_a_baseline_nothing_is_said_of_fixed_classes() -> None:
    assert audit_document(audit())["fixed"] is None


def test_half_a_character_in_a_name_leaves_a_document_that_strict_parsers_read() -> None:
    out = io.StringIO()
    JsonReporter().write(audit(clone_class(1, member(name="\ud800x"), member("b.py"))), FakeSources(), out)
    assert "\ufffdx" in out.getvalue()
    out.getvalue().encode("utf-8")
