from __future__ import annotations

import io
import json
from typing import Any

import pytest
from audit_reports import FakeSources, audit, clone_class, hostile_audit, member, small_audit

from codesearch.core.audit import AuditReport
from codesearch.report import audit_gitlab
from codesearch.report.audit_gitlab import GitlabReporter


def issues(report: AuditReport) -> list[dict[str, Any]]:
    out = io.StringIO()
    GitlabReporter().write(report, FakeSources(), out)
    found = json.loads(out.getvalue())
    assert isinstance(found, list)
    return found


def test_every_member_is_an_issue_with_what_a_merge_request_shows() -> None:
    issue = issues(small_audit())[0]
    assert issue["description"] == (
        "copy (20 lines) is cloned in lib/v1/copy.py:100-119, lib/v2/copy.py:100-119. "
        "Exact copies, 97% sure. Equal but for layout and comments. Suggestion: keep one copy, in lib."
    )
    assert issue["check_name"] == "codesearch/clone-t1"
    assert issue["location"] == {"path": "lib/v0/copy.py", "lines": {"begin": 100, "end": 119}}
    assert [place["path"] for place in issue["other_locations"]] == ["lib/v1/copy.py", "lib/v2/copy.py"]
    assert len(issues(small_audit())) == 7


def test_an_audit_without_classes_is_an_empty_list() -> None:
    assert issues(audit()) == []


@pytest.mark.parametrize("report", [small_audit(), hostile_audit(corpora=2)])
def test_fingerprints_are_distinct(report: AuditReport) -> None:
    prints = [issue["fingerprint"] for issue in issues(report)]
    assert len(set(prints)) == len(prints)


def test_a_moved_file_keeps_the_fingerprint_of_its_issue() -> None:
    before = issues(audit(clone_class(1, member("a.py", content="ab" * 16), member("b.py"))))
    after = issues(audit(clone_class(1, member("moved.py", content="ab" * 16), member("b.py", 300))))
    assert before[0]["fingerprint"] == after[0]["fingerprint"]


def test_a_new_copy_adds_one_issue_and_leaves_the_others_as_they_were() -> None:
    copies = [member(f"f{n}.py", content="ab" * 16) for n in range(3)]
    before = {issue["fingerprint"] for issue in issues(audit(clone_class(1, *copies[:2])))}
    after = {issue["fingerprint"] for issue in issues(audit(clone_class(1, *copies)))}
    assert before < after
    assert len(after) == 3


def test_known_members_of_a_grown_class_are_for_information() -> None:
    grown = clone_class(1, member(), member("b.py", new=True), new=True, saved_lines=500)
    assert [issue["severity"] for issue in issues(audit(grown, fixed=()))] == ["info", "major"]


def test_a_last_issue_counts_what_the_limit_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_gitlab, "MAX_ISSUES", 4)
    *shown, last = issues(small_audit())
    assert len(shown) == 4
    assert last["description"] == "3 more places of clones left out of this report, from here on."
    assert last["severity"] == "info"
