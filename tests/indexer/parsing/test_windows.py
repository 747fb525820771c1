"""Fragments of languages without a grammar."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.core.types import FragmentKind, Span
from indexer.parsing import extract
from indexer.parsing.extract import MinimumSize, parse_source
from indexer.parsing.languages import LanguageRegistry, registry

ANY_SIZE = MinimumSize(lines=1, tokens=1)


def windows(source: str, language: str = "zig") -> tuple[Span, ...]:
    return parse_source(source.encode(), registry().get(language), ANY_SIZE).spans


@given(st.lists(st.booleans(), max_size=200))
def test_every_line_with_code_lies_in_a_window_of_bounded_length(code: list[bool]) -> None:
    spans = windows("".join("x = 1;\n" if line else "\n" for line in code))
    covered = {line for span in spans for line in range(span.start_line, span.end_line + 1)}
    used = [number for number, line in enumerate(code, 1) if line]
    assert set(used) <= covered
    assert all(sum(span.start_line <= line <= span.end_line for line in used) <= 20 for span in spans)


def test_any_ten_lines_in_a_row_share_a_window() -> None:
    spans = windows("x = 1;\n" * 95)
    for first in range(1, 86):
        assert any(span.start_line <= first and first + 9 <= span.end_line for span in spans)


def test_the_same_paragraphs_give_the_same_window_wherever_they_stand() -> None:
    function = "fn f() void {\n" + "  a = b;\n" * 12 + "}\n"
    for before in range(0, 40):
        start = before + 2
        spans = windows("x = 1;\n" * before + "\n" + function + "\n" + "y = 2;\n" * 30)
        assert any((span.start_line, span.end_line) == (start, start + 13) for span in spans)


def test_import_lines_are_no_part_of_a_window() -> None:
    parsed = parse_source(b"using Test\nimport A: b\nf(x) = x + 1\n", registry().get("julia"), ANY_SIZE)
    assert [(span.kind, span.start_line, span.end_line) for span in parsed.spans] == [
        (FragmentKind.WINDOW, 3, 3)
    ]


def test_a_language_whose_wheel_is_missing_is_cut_into_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LanguageRegistry, "grammar_available", lambda self, language: False)
    parsed = extract.parse_source(b"class A {\n int x;\n}\n", registry().get("java"), ANY_SIZE)
    assert [span.kind for span in parsed.spans] == [FragmentKind.WINDOW]
    assert not parsed.damaged
