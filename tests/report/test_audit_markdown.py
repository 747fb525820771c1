from __future__ import annotations

import io
import re

from audit_reports import FakeSources, audit, clone_class, hostile_audit, large_audit, member, small_audit
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from codesearch.core.audit import AuditReport
from codesearch.report.audit_markdown import MARKER, MAX_CHARACTERS, MarkdownReporter
from codesearch.report.markdown_text import code_block, code_span, prose
from codesearch.report.printable import printable


def text_of(report: AuditReport, sources: FakeSources | None = None) -> str:
    out = io.StringIO()
    MarkdownReporter().write(report, sources or FakeSources(), out)
    return out.getvalue()


def test_a_comment_begins_with_its_marker_the_news_and_the_gate() -> None:
    assert text_of(small_audit()).splitlines()[:6] == [
        MARKER,
        "## Clone audit: 2 new clone classes",
        "",
        "**The gate is closed:**",
        "",
        r"- 2 new clone classes \(\-\-fail\-on new\)",
    ]


def test_the_title_says_what_the_audit_knows() -> None:
    assert "## Clone audit: 1 clone class\n" in text_of(audit(clone_class()))
    assert "## Clone audit: no new clone classes\n" in text_of(audit(clone_class(), fixed=()))
    assert "## Clone audit: 1 new clone class\n" in text_of(audit(clone_class(1, new=True), fixed=()))


def test_new_classes_come_first_each_folded_under_its_headline() -> None:
    report = audit(clone_class(1), clone_class(2, new=True))
    summaries = [line for line in text_of(report).splitlines() if line.startswith("<details>")]
    assert summaries == [
        f"<details><summary><b>{kind}</b> <code>parse</code>: 20 lines in 2 places, "
        "merging saves 20</summary>"
        for kind in ("New T3", "T3")
    ]


def test_new_places_of_a_class_come_first() -> None:
    grown = audit(clone_class(1, member("a.py"), member("b.py", new=True), new=True))
    lines = text_of(grown).splitlines()
    assert lines.index("- `b.py:10-29` `parse` **new**") < lines.index("- `a.py:10-29` `parse`")


def test_the_code_of_a_class_is_shown_shortened() -> None:
    long = FakeSources([f"line {n}" for n in range(40)])
    assert "```python\nline 0\n" in text_of(small_audit(), long)
    assert "line 11\n… 28 more lines\n```" in text_of(small_audit(), long)
    assert "```" not in text_of(small_audit(), FakeSources(None))


def test_code_cannot_close_its_fence() -> None:
    text = text_of(audit(clone_class()), FakeSources(["```", "</details>", "`````", "# heading"]))
    assert "``````python\n" in text
    assert "<h1>" not in MarkdownIt("commonmark").render(text)


def test_a_comment_fits_and_counts_what_it_leaves_out() -> None:
    text = text_of(large_audit(60))
    assert text.endswith("\n10 more classes in the full report.\n")
    wide = FakeSources(["x" * 120] * 12)
    cut = text_of(large_audit(60), wide)
    assert len(cut) <= MAX_CHARACTERS
    assert cut.count("<details>") == cut.count("</details>")
    assert f"\n{60 - cut.count('<details>')} more classes in the full report.\n" in cut


def test_the_worst_names_still_leave_room_for_a_class() -> None:
    worst = "\u202e" * 1_000
    members = [member(worst, name=worst, new=True) for _ in range(30)]
    found = clone_class(1, *members, explanation=worst, target=worst, new=True)
    text = text_of(audit(found, degraded=(worst,) * 30), FakeSources([worst] * 30))
    assert len(text) <= MAX_CHARACTERS
    assert text.count("<details>") == 1


def test_nobody_is_mentioned_and_nothing_referred_to() -> None:
    assert prose("@octocat #12") == "\\@\u200boctocat \\#\u200b12"
    tokens = MarkdownIt("commonmark").enable("table").parse(text_of(hostile_audit()))
    texts = [child.content for token in tokens for child in token.children or () if child.type == "text"]
    assert any("octocat" in text for text in texts)
    assert not any(re.search(r"[@#]\w", text) for text in texts)


@given(st.text(min_size=1))
def test_a_code_span_shows_exactly_its_text(text: str) -> None:
    # Markdown takes a line end for a blank, and one blank off both ends: printable() leaves no line end.
    shown = MarkdownIt("commonmark").parseInline(code_span(text))[0].children
    assert shown is not None
    if printable(text).strip(" "):
        assert [(token.type, token.content) for token in shown] == [("code_inline", printable(text))]


@given(st.text(alphabet="abc *_[]()<>!#@`~\\|&:/.www-+=1\n"))
def test_prose_is_never_markup(text: str) -> None:
    rendered = MarkdownIt("commonmark").enable("table").parse(f"x {prose(text)}")
    assert [token.type for token in rendered] == ["paragraph_open", "inline", "paragraph_close"]
    assert {child.type for child in rendered[1].children or ()} <= {"text", "text_special"}


@given(st.lists(st.text()))
def test_a_code_block_is_one_block(lines: list[str]) -> None:
    tokens = MarkdownIt("commonmark").parse(code_block(lines, "c++"))
    assert [(token.type, token.info) for token in tokens] == [("fence", "c++")]
