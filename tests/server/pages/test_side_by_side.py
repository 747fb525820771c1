from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from codesearch.core.results import Evidence, EvidenceKind
from codesearch.server.pages import rendering
from codesearch.server.pages.highlighting import LONGEST_LINE, highlighted_lines
from codesearch.server.pages.side_by_side import (
    Limits,
    ShownRow,
    SideBySide,
    Text,
    align,
    side_by_side,
)
from codesearch.server.pages.side_by_side_bands import drawn
from codesearch.server.pages.side_by_side_words import differing_words

Range = tuple[int, int]
ranges: st.SearchStrategy[Range | None] = st.none() | st.tuples(st.integers(1, 30), st.integers(0, 6)).map(
    lambda pair: (pair[0], pair[0] + pair[1])
)
evidence = st.lists(st.builds(Evidence, st.sampled_from(EvidenceKind), ranges, ranges), max_size=10)
line_texts = st.lists(st.text(max_size=20).map(lambda text: text.replace("\n", "")), max_size=25)


def text(*lines: str, start: int = 1, language: str = "python") -> Text:
    return Text(lines, start, language, "a file")


def row(kind: EvidenceKind, left: Range | None, right: Range | None) -> Evidence:
    return Evidence(kind, left, right)


def rows_of(sides: SideBySide) -> list[ShownRow]:
    return [row for block in sides.blocks for row in block.rows]


def pairs_of(sides: SideBySide) -> list[tuple[str, int | None, int | None]]:
    return [
        (row.kind, row.left.number if row.left else None, row.right.number if row.right else None)
        for row in rows_of(sides)
    ]


def plain(markup: str) -> str:
    return unescape(re.sub("<[^>]*>", "", markup))


def test_lines_stand_beside_those_that_the_evidence_names() -> None:
    sides = side_by_side(
        text("a = 1", "b = 2", start=10),
        text("a = 1", "c = 3", "b = 2", start=20),
        [
            row(EvidenceKind.EQUAL, (10, 10), (20, 20)),
            row(EvidenceKind.ADDED, None, (21, 21)),
            row(EvidenceKind.EQUAL, (11, 11), (22, 22)),
        ],
    )
    assert pairs_of(sides) == [("equal", 10, 20), ("added", None, 21), ("equal", 11, 22)]
    assert sides.summary == "2 equal, 1 only right"


def test_equal_texts_need_no_evidence() -> None:
    sides = side_by_side(text("x = 1", "y = 2"), text("x = 1", "y = 2", start=5), ())
    assert pairs_of(sides) == [("equal", 1, 5), ("equal", 2, 6)]


def test_other_texts_without_evidence_are_not_called_equal() -> None:
    sides = side_by_side(text("x = 1", "y = 2"), text("x = 1"), ())
    assert pairs_of(sides) == [("uncompared", 1, 1), ("uncompared", 2, None)]


def test_a_comment_that_both_have_stands_beside_itself() -> None:
    sides = side_by_side(
        text("# why", "a = 1"),
        text("", "# why", "a = 1"),
        [row(EvidenceKind.EQUAL, (2, 2), (3, 3))],
    )
    assert pairs_of(sides) == [("uncompared", None, 1), ("equal", 1, 2), ("equal", 2, 3)]


def test_within_changed_lines_the_most_alike_stand_beside_each_other() -> None:
    sides = side_by_side(
        text("total = first + second"),
        text("log('begin')", "total = first - second"),
        [row(EvidenceKind.CHANGED, (1, 1), (1, 2))],
    )
    assert pairs_of(sides) == [("changed", None, 1), ("changed", 1, 2)]


def test_words_that_differ_are_marked() -> None:
    sides = side_by_side(
        text("total = price * count"),
        text("amount = price * count"),
        [row(EvidenceKind.RENAMED, (1, 1), (1, 1))],
    )
    [shown] = rows_of(sides)
    assert shown.left and shown.right
    assert re.findall("<mark>(.*?)</mark>", shown.left.code) == ["total"]
    assert re.findall("<mark>(.*?)</mark>", shown.right.code) == ["amount"]


def test_lines_with_nothing_in_common_are_not_marked_all_over() -> None:
    assert differing_words("return a", "while (b) { c(); }") == ([], [])


@given(st.text(max_size=60), st.text(max_size=60))
def test_words_outside_the_marks_are_the_same_on_both_sides(left: str, right: str) -> None:
    kept = []
    for line, marks in zip((left, right), differing_words(left, right), strict=True):
        assert list(marks) == sorted(marks)
        rest = "".join(" " * 1 if any(a <= n < b for a, b in marks) else c for n, c in enumerate(line))
        kept.append("".join(re.findall(r"\w+|[^\w\s]", rest)))
    if any(differing_words(left, right)):
        assert kept[0] == kept[1]


def test_long_runs_of_equal_lines_are_folded_and_counted() -> None:
    lines = [f"value_{n} = {n}" for n in range(40)]
    sides = side_by_side(text(*lines), text(*lines), ())
    assert [(len(block.rows), block.folded) for block in sides.blocks] == [(3, False), (34, True), (3, False)]
    html = rendered(sides)
    assert "34 equal lines" in html
    assert "<details" in html
    assert len(side_by_side(text(*lines), text(*lines), (), Limits(fold=False)).blocks) == 1


def test_what_is_over_the_limits_is_counted() -> None:
    lines = [f"value_{n} = {n}" for n in range(30)]
    sides = side_by_side(text(*lines), text(*lines), (), Limits(rows=10))
    assert len(rows_of(sides)) == 10
    assert sides.left_out == 20
    assert "20 more rows" in rendered(sides)
    short = side_by_side(text(*lines), text(*lines), (), Limits(characters=100))
    assert 0 < len(rows_of(short)) < 10


def test_very_long_lines_are_cut_with_the_rest_counted() -> None:
    [line] = highlighted_lines(["x" * (LONGEST_LINE + 1500)], "python")
    assert plain(line) == "x" * LONGEST_LINE + "… 1,500 more characters"


def test_strings_over_several_lines_are_coloured_as_strings() -> None:
    lines = highlighted_lines(['text = """one', "two def if", '"""', "if x: pass"], "python")
    assert lines[1] == '<span class="s">two def if</span>'
    assert lines[3].startswith('<span class="k">if </span>')


def test_language_without_a_lexer_stays_plain() -> None:
    assert highlighted_lines(["def f(): <b>"], "nobody's") == ("def f(): &lt;b&gt;",)


@given(line_texts, st.sampled_from(["python", "javascript", "html", "nobody's"]))
def test_any_text_becomes_one_safe_line_each(lines: list[str], language: str) -> None:
    shown = highlighted_lines(lines, language)
    assert len(shown) == len(lines)
    for line in shown:
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", line)
        assert not re.search("<(?!/?(?:span|mark)[ >])", line)


def test_scripts_and_escapes_are_shown_and_not_obeyed() -> None:
    hostile = "x = '<script>alert(1)</script>' # \x1b[31m \u202e \ud800"
    html = rendered(side_by_side(text(hostile), text(hostile), ()))
    assert "<script" not in html
    assert "\\x1b[31m \\u202e \\ud800" in html


@given(evidence, line_texts, line_texts)
def test_every_line_is_shown_once_and_drawn_bands_stay_within_the_panes(
    found: list[Evidence], left: Sequence[str], right: Sequence[str]
) -> None:
    ours, theirs = text(*left), text(*right)
    sides = side_by_side(ours, theirs, found, Limits(fold=False))
    for lines, numbers in (
        (left, [row.left.number for row in rows_of(sides) if row.left]),
        (right, [row.right.number for row in rows_of(sides) if row.right]),
    ):
        assert sorted(numbers) == list(range(1, len(lines) + 1))
    for band in drawn(align(ours, theirs, found)).bands:
        assert 0 <= band.left[0] <= band.left[1] <= len(left)
        assert 0 <= band.right[0] <= band.right[1] <= len(right)
        assert band.left[0] < band.left[1] or band.right[0] < band.right[1]


def test_bands_lead_from_the_lines_of_one_side_to_those_of_the_other() -> None:
    drawing = drawn(
        align(
            text("a = 1", "b = 2", "c = 3", start=10),
            text("b = 2", "c = 4", start=50),
            [
                row(EvidenceKind.REMOVED, (10, 10), None),
                row(EvidenceKind.EQUAL, (11, 11), (50, 50)),
                row(EvidenceKind.CHANGED, (12, 12), (51, 51)),
            ],
        )
    )
    assert [(band.kind, band.left, band.right) for band in drawing.bands] == [
        ("removed", (0, 1), (0, 0)),
        ("equal", (1, 2), (0, 1)),
        ("changed", (2, 3), (1, 2)),
    ]
    assert [band.words for band in drawing.spoken] == [
        "left line 10: only left",
        "left line 11 and right line 50: equal",
        "left line 12 and right line 51: changed",
    ]


def rendered(sides: SideBySide) -> str:
    """The component as a page would have it."""
    template = rendering._environment().from_string(
        '{% from "parts/side_by_side.html" import side_by_side %}{{ side_by_side(sides) }}'
    )
    return template.render(sides=sides)
