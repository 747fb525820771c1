from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from audit_reports import FakeSources, audit, clone_class, hostile_audit, large_audit, member, small_audit
from rich.console import Console

from codesearch.core.audit import AuditReport
from codesearch.core.types import Role
from codesearch.report.audit_text import AuditTextOptions, TextReporter, render_audit

REMARK = (
    "      Same statements; 2 added; identifiers renamed: ifp→in. Suggestion: extract a function, in src."
)


def text_of(report: AuditReport, options: AuditTextOptions | None = None) -> str:
    out = io.StringIO()
    TextReporter(options or AuditTextOptions()).write(report, FakeSources(), out)
    return out.getvalue()


def test_the_summary_reads_from_the_classes_to_the_gate() -> None:
    assert text_of(small_audit()).splitlines() == [
        "   1  T1  97%  20 lines in 3 places, merging saves 20  0000000000000003  new",
        "      lib/v0/copy.py:100-119  copy",
        "      lib/v1/copy.py:100-119  copy",
        "      lib/v2/copy.py:100-119  copy",
        "      Equal but for layout and comments. Suggestion: keep one copy, in lib.",
        "",
        "   2  T3  97%  20 lines in 2 places, merging saves 20  0000000000000001  new",
        "      src/io.py:10-29  parse",
        "      src/net/read.py:40-59  parse_line  new",
        REMARK,
        "",
        "   3  T2 100%  20 lines in 2 places, merging saves 60  0000000000000002",
        "      src/io.py:10-29  parse",
        "      src/net/read.py:40-59  parse_line",
        REMARK,
        "",
        "3 clone classes in 20 files: 120 of 1,000 lines duplicated, 12.00 %",
        "  by type: T1 1, T2 1, T3 1, T4 0",
        "  source: 120 of 1,000 lines (12.00 %), 3 classes",
        "  test: 120 of 400 lines (30.00 %), 3 classes; --role test shows them",
        "  hidden: 2 places by comments, 1 accepted class",
        "  against the baseline: 2 new, 1 fixed",
        "Did not run as configured: grammar-missing:zig.",
        "The gate is closed:",
        "  2 new clone classes (--fail-on new)",
    ]


def test_an_audit_that_finds_nothing_says_so() -> None:
    text = text_of(audit())
    assert text.startswith("No clone classes in 20 files, 1,000 lines.\n")
    assert "gate" not in text


def test_what_the_limit_leaves_out_is_counted_with_the_ways_to_see_it() -> None:
    text = text_of(large_audit(50))
    assert "  20  T3" in text
    assert "  21  T3" not in text
    assert "30 more classes: -v shows all, -f html -o report.html makes a page of them." in text
    assert "  50  T3" in text_of(large_audit(50), AuditTextOptions(limit=None))


def test_places_beyond_the_first_few_are_counted_with_the_new_ones_among_them() -> None:
    many = audit(clone_class(1, *(member(f"f{n}.py", new=n == 8) for n in range(9)), new=True))
    assert "      and in 4 more places, 1 of them new" in text_of(many)
    assert "f8.py:10-29  parse  new" in text_of(many, AuditTextOptions(limit=None))


def test_classes_of_other_roles_are_marked_and_need_no_hint() -> None:
    text = text_of(audit(clone_class(1, role=Role.TEST)))
    assert "merging saves 20  test  " in text
    assert "--role test" not in text


def test_long_paths_stay_in_one_piece() -> None:
    path = f"{'folder/' * 20}deep.py"
    assert f"{path}:10-29  parse" in text_of(audit(clone_class(1, member(path), member("b.py"))))


def test_places_are_named_from_the_current_folder_and_linked_there() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100, legacy_windows=False)
    options = AuditTextOptions(here=Path("/srv/corpus/src"))
    console.print(render_audit(audit(clone_class(1, member("src/a b.py"), member("c.py"))), options))
    assert "file:///srv/corpus/src/a%20b.py" in out.getvalue()
    assert "/srv/corpus/c.py:10-29" in out.getvalue()
    assert "src/a b.py:" not in out.getvalue()


def test_links_hold_nothing_that_a_terminal_would_act_on() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100, legacy_windows=False, no_color=True)
    console.print(render_audit(hostile_audit(), AuditTextOptions(None, Path("/srv"))), crop=False)
    links = re.findall("\x1b]8;[^\x1b]*\x1b", out.getvalue())
    assert len(links) > 50
    assert all(link[:-1].isprintable() for link in (link[1:] for link in links))
    assert "\x07" not in out.getvalue()


def test_places_of_several_corpora_are_told_apart() -> None:
    text = text_of(audit(clone_class(), roots={"corpus": "/srv/corpus", "other": "/srv/other"}))
    assert "corpus/src/io.py:10-29" in text


def test_colours_of_the_environment_never_reach_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in text_of(hostile_audit())
