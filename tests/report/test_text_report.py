from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from samples import decision, fragment, match, result, unlikely, unsure

from codesearch.core.results import Evidence, EvidenceKind, Place, QueryResult
from codesearch.report.text import TextOptions, render_query

QUERY_LINES = [
    "    int copy() {",
    "        read();",
    "\tint ifp = 1;",
    "        write(ifp);",
    "        gone();",
]
MATCH_LINES = [
    "int copyFile() {",
    "    read();",
    "    int in = 1;",
    "    write(in,",
    "          2);",
    "    more();",
]


def printed(answer: QueryResult, options: TextOptions | None = None, width: int = 90) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False, markup=False, emoji=False)
    console.print(render_query(answer, options or TextOptions()))
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def lines_of(place: Place) -> Sequence[str] | None:
    return QUERY_LINES if place.path == "file.java" else MATCH_LINES


def test_match_is_printed_with_verdict_probability_place_and_reason() -> None:
    answer = result(fragment(match(1, "src/Io.java", decision())))
    assert printed(answer) == (
        "file.java:10-14  copy  java\n"
        "   1  clone T3     97%  src/Io.java:4-9  copyFile\n"
        "      Same statements; 1 added; identifiers renamed: ifp→in\n"
    )


def test_lines_are_shown_side_by_side_with_signs() -> None:
    answer = result(fragment(match(1, "src/Io.java", decision())))
    assert printed(answer, TextOptions(lines_of=lines_of), width=74) == (
        "file.java:10-14  copy  java\n"
        "   1  clone T3     97%  src/Io.java:4-9  copyFile\n"
        "      Same statements; 1 added; identifiers renamed: ifp→in\n"
        "      10 int copy() {                  =  4 int copyFile() {\n"
        "      11     read();                   =  5     read();\n"
        "      12 int ifp = 1;                  ~  6     int in = 1;\n"
        "      13     write(ifp);               !  7     write(in,\n"
        "                                       !  8           2);\n"
        "                                       +  9     more();\n"
        "      14     gone();                   -\n"
        "\n"
        "= equal  ~ renamed  ! changed  + only in the match  - only in the query"
    )


@pytest.mark.parametrize("width", [50, 80, 200])
def test_side_by_side_fits_any_width(width: int) -> None:
    answer = result(fragment(match(1, "src/Io.java", decision())))
    long = TextOptions(lines_of=lambda place: ["x" * 300] * 6)
    assert max(map(len, printed(answer, long, width).splitlines())) <= width


def test_source_that_is_gone_is_said() -> None:
    answer = result(fragment(match(1, "src/Io.java", decision())))
    assert "changed or is gone" in printed(answer, TextOptions(lines_of=lambda place: None))


def test_matches_nobody_would_read_are_counted_instead() -> None:
    matches = [match(1, "a.java", decision()), *map(unsure, range(2, 10)), *map(unlikely, range(10, 40))]
    text = printed(result(fragment(*matches)))
    assert text.count("unsure") == 5
    assert "not a clone" not in text
    assert "33 unlikely candidates left out; -v prints them." in text
    assert printed(result(fragment(*matches)), TextOptions(everything=True)).count("not a clone") == 30


def test_clones_come_before_unsure_matches() -> None:
    text = printed(result(fragment(unsure(1), match(2, "sure.java", decision()))))
    assert text.index("sure.java") < text.index("Maybe1.java")


def test_fragments_without_clones_are_one_line_together() -> None:
    answer = result(
        fragment(match(1, "a.java", decision())), fragment(start=30), fragment(unlikely(1), start=50)
    )
    text = printed(answer)
    assert "2 of 3 fragments without a clone." in text
    assert "1 unlikely candidate left out" in text
    assert "file.java:30" not in text


def test_nothing_found_is_said_plainly() -> None:
    assert printed(result(fragment(), fragment(start=30))) == "No clone of 2 fragments found."
    assert printed(result(fragment(unlikely(1)))).startswith("No clone of 1 fragment found.")


def test_copies_of_one_content_are_listed_under_it() -> None:
    copies = [Place("corpus", f"copy{n}.java", 1, 6) for n in range(5)]
    answer = result(fragment(match(1, "a.java", decision(), *copies)))
    text = printed(answer)
    assert "also copy0.java:1-6" in text
    assert "and in 2 more places" in text
    assert "copy4.java" in printed(answer, TextOptions(everything=True))


def test_what_did_not_run_is_said() -> None:
    degraded = ("judge:not-configured", "judge:timeout")
    assert "as configured: judge:timeout." in printed(result(fragment(), degraded=degraded))


def test_a_missing_judge_is_told_where_it_would_have_helped() -> None:
    degraded = ("judge:not-configured",)
    sure = result(fragment(match(1, "a.java", decision())), degraded=degraded)
    assert "judge" not in printed(sure)
    assert "docs/judge.md" in printed(result(fragment(unsure(1)), degraded=degraded))


def test_a_model_that_decided_is_named() -> None:
    cited = Evidence(EvidenceKind.CITED, (10, 11), (4, 4))
    decided = replace(decision(), decided_by="llm:tiny", evidence=(cited,))
    text = printed(
        result(fragment(match(1, "a.java", decided))), TextOptions(lines_of=lambda place: ["x"] * 6)
    )
    assert "llm:tiny" in text
    assert ": named by the judge" in text
    assert "reranker" not in text


def test_hostile_names_and_code_reach_the_terminal_as_text() -> None:
    nasty = match(1, "a\x1b[2J.java", decision(explanation="renamed: [red]x[/red]\x07"), name="f\n\x1b[1m")
    text = printed(result(fragment(nasty)), TextOptions(lines_of=lambda place: ["[bold]\x1b]0;x\x07"] * 6))
    assert "\x1b" not in text
    assert r"a\x1b[2J.java:4-9" in text
    assert "[red]x[/red]" in text
    assert r"[bold]\x1b]0;x" in text


def test_places_are_links_on_a_terminal_only() -> None:
    answer = result(fragment(match(1, "a b.java", decision())))
    options = TextOptions(locate=lambda place: Path("/corpus") / place.path)
    terminal = Console(file=io.StringIO(), width=90, force_terminal=True, color_system="standard")
    terminal.print(render_query(answer, options))
    assert isinstance(terminal.file, io.StringIO)
    assert "file:///corpus/a%20b.java" in terminal.file.getvalue()
    assert "file://" not in printed(answer, options)
