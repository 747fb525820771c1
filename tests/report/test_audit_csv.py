from __future__ import annotations

import csv
import io

import pytest
from audit_reports import FakeSources, audit, clone_class, hostile_audit, member, small_audit
from hypothesis import given
from hypothesis import strategies as st

from codesearch.core.audit import AuditReport
from codesearch.report.audit_csv import CsvReporter

FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def text_of(report: AuditReport) -> str:
    out = io.StringIO(newline="")
    CsvReporter().write(report, FakeSources(), out)
    return out.getvalue()


def rows_of(report: AuditReport) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(report), newline="")))


def test_every_member_is_a_row_with_its_class() -> None:
    rows = rows_of(small_audit())
    assert [row["path"] for row in rows][:3] == ["lib/v0/copy.py", "lib/v1/copy.py", "lib/v2/copy.py"]
    assert len(rows) == 7
    assert [(row["class"], row["class_new"], row["new"]) for row in rows[3:5]] == [
        ("0000000000000001", "1", "0"),
        ("0000000000000001", "1", "1"),
    ]


def test_an_audit_without_classes_is_a_header() -> None:
    assert text_of(audit()).startswith("class,clone_type,probability,")
    assert rows_of(audit()) == []


def test_rows_end_as_the_standard_says_and_cells_never_hold_a_line_end() -> None:
    lines = text_of(hostile_audit()).split("\r\n")
    assert lines[-1] == ""
    assert not any("\n" in line or "\r" in line for line in lines)


def test_no_cell_is_a_formula() -> None:
    cells = [cell for row in rows_of(hostile_audit()) for cell in row.values()]
    assert not any(cell.startswith(FORMULA) for cell in cells)
    assert "'=cmd()|' /C calc'!A0" in cells
    assert "'-rf.py" in cells


@given(st.text(max_size=20), st.sampled_from(["", *FORMULA]))
def test_no_name_or_path_makes_a_formula(text: str, start: str) -> None:
    found = clone_class(1, member(f"{start}{text}", name=f"{start}{text}"), member("b.py"), target=start)
    assert not any(cell.startswith(FORMULA) for row in rows_of(audit(found)) for cell in row.values())


@pytest.mark.parametrize("name", ['say "hi", you', "a,b", "日本"])
def test_commas_and_quotes_come_back_as_they_were(name: str) -> None:
    assert rows_of(audit(clone_class(1, member(name=name), member("b.py"))))[0]["name"] == name
