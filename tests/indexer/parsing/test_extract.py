"""From sources to fragments: sizes, selections, damage and hostile input."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.core.errors import InputError
from codesearch.core.types import FragmentKind, ParsedSource
from indexer.parsing.extract import MinimumSize, parse_source, select_lines
from indexer.parsing.languages import registry
from indexer.parsing.limits import ParseLimits, TooDeep, TooSlow

ANY_SIZE = MinimumSize(lines=1, tokens=1)
JAVA_METHOD = b"int add(int a, int b) {\n  int c = a;\n  c += b;\n  c += 0;\n  c -= 0;\n  return c;\n}\n"

ENDLESS_TSX = b"(x" + b"\n" * 20 + b"]"
"""Sends the grammar from one attempt to recover to the next."""


def parse(source: bytes, language: str, minimum: MinimumSize = ANY_SIZE) -> ParsedSource:
    return parse_source(source, registry().get(language), minimum)


def names(parsed: ParsedSource) -> list[str]:
    return [span.name for span in parsed.spans]


def texts(parsed: ParsedSource) -> list[bytes]:
    return [parsed.tokens.vocabulary.texts[id_] for id_ in parsed.tokens.ids.tolist()]


@pytest.mark.parametrize(
    ("minimum", "found"),
    [(MinimumSize(7, 30), 1), (MinimumSize(8, 30), 0), (MinimumSize(7, 31), 1), (MinimumSize(7, 32), 0)],
)
def test_a_fragment_needs_both_the_lines_and_the_tokens(minimum: MinimumSize, found: int) -> None:
    method = parse(b"class A {\n" + JAVA_METHOD + b"}\n", "java").spans[1]
    assert (method.last - method.first, method.end_line - method.start_line + 1) == (31, 7)
    spans = parse(b"class A {\n" + JAVA_METHOD + b"}\n", "java", minimum).spans
    assert sum(span.kind is FragmentKind.METHOD for span in spans) == found


def test_spans_come_by_line_with_the_outer_one_first() -> None:
    source = b"def outer():\n  def inner():\n    return 1\n  return inner\nclass C:\n  def m(self): pass\n"
    assert names(parse(source, "python")) == ["outer", "inner", "C", "m"]


def test_a_php_function_needs_no_opening_tag() -> None:
    source = b"function f($a) {\n  return $a;\n}\n"
    assert names(parse(source, "php")) == names(parse(b"<?php\n" + source, "php")) == ["f"]


def test_a_decorated_function_starts_at_its_decorator() -> None:
    span = parse(b"# note\n@cache\n@other\ndef f():\n    return 1\n", "python").spans[0]
    assert (span.name, span.start_line, span.end_line) == ("f", 2, 5)


def test_top_level_code_is_cut_at_definitions() -> None:
    source = b"a = 1\nb = 2\n\ndef f(): pass\n\nc = 3\nimport os\nd = 4\nif d:\n    e = 5\n"
    blocks = [
        (s.start_line, s.end_line) for s in parse(source, "python").spans if s.kind is FragmentKind.BLOCK
    ]
    assert blocks == [(1, 2), (6, 10)]


def test_a_short_lambda_does_not_split_a_block() -> None:
    source = b"a = 1\nb = sorted(x, key=lambda y: y.z)\nc = 3\n"
    spans = parse(source, "python", MinimumSize(3, 10)).spans
    assert [(s.kind, s.start_line, s.end_line) for s in spans] == [(FragmentKind.BLOCK, 1, 3)]


def test_import_tokens_are_dropped_wherever_they_stand() -> None:
    source = b"import os\ndef f():\n    from a import (b,\n        c)\n    return b\n"
    assert b" ".join(texts(parse(source, "python"))) == b"def f ( ) : return b"


def test_healthy_functions_survive_a_syntax_error() -> None:
    source = b"def good():\n    return 1\n\ndef broken(:\n    retur\n\ndef fine():\n    return 2\n"
    parsed = parse(source, "python")
    assert parsed.damaged
    assert {"good", "fine"} <= set(names(parsed))


def test_text_that_is_nothing_but_errors_is_cut_into_windows() -> None:
    parsed = parse(b"} ) ] ??\n" * 8, "java")
    assert parsed.damaged
    assert {span.kind for span in parsed.spans} == {FragmentKind.WINDOW}


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("javascript", b"x = " + b"[" * 100_000 + b"]" * 100_000),
        ("javascript", b"[" * 100_000),
        ("python", b"x = " + b"(" * 200_000 + b")" * 200_000),
        ("zig", b"{" * 100_000),
    ],
)
def test_nesting_beyond_the_limit_is_refused_with_its_depth(language: str, source: bytes) -> None:
    with pytest.raises(TooDeep, match="nest") as refused:
        parse(source, language)
    assert refused.value.depth >= 100_000
    assert pickle.loads(pickle.dumps(refused.value)).depth == refused.value.depth  # noqa: S301 - our own bytes


def test_grammar_that_comes_to_no_end_is_stopped_and_reads_the_next_source() -> None:
    with pytest.raises(TooSlow, match="grammar takes longer") as refused:
        parse_source(ENDLESS_TSX, registry().get("tsx"), ANY_SIZE, ParseLimits(seconds=0.1))
    assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)  # noqa: S301 - our own bytes
    assert parse(b"function f() { return 1; }\n", "tsx").spans


def test_other_threads_work_while_a_grammar_comes_to_no_end() -> None:
    with ThreadPoolExecutor(1) as others:
        refused = others.submit(
            parse_source, ENDLESS_TSX, registry().get("tsx"), ANY_SIZE, ParseLimits(seconds=1)
        )
        read = 0
        while not refused.done():
            assert parse(b"function f() { return 1; }\n", "javascript").spans
            read += 1
        assert isinstance(refused.exception(), TooSlow)
    assert read > 1


def test_language_of_a_text_is_told_though_a_grammar_comes_to_no_end() -> None:
    assert registry().detect(None, b"function f() { return 1; }\n" + ENDLESS_TSX) is not None


def test_nesting_within_the_limit_is_parsed() -> None:
    source = b"x = " + b"[" * 900 + b"]" * 900
    assert len(parse(source, "javascript").tokens) == 1802
    with pytest.raises(TooDeep):
        parse_source(source, registry().get("javascript"), ANY_SIZE, ParseLimits(depth=899))


def test_deep_nesting_without_brackets_is_survived() -> None:
    assert len(parse(b"x = " + b"not " * 50_000 + b"a\n", "python").tokens) == 50_003
    assert len(parse(b"x = a" + b" + a" * 50_000 + b"\n", "python").tokens) == 100_003


def test_nested_definitions_do_not_multiply_without_end() -> None:
    assert len(parse(b"def f\n" * 500 + b"end\n" * 500, "ruby").spans) <= 32


@pytest.mark.parametrize("language", [language.id for language in registry()])
@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"\n\n",
        b"\x00" * 50,
        b"a\x00b = \x00\n",
        b"\xff\xfe\xe9 = '\xe9'\n",
        b"a = 1\r\nb = 2\r\n",
        b"x" * 100_000,
    ],
    ids=["empty", "blank", "nuls", "nul-in-code", "not-utf-8", "crlf", "one-long-line"],
)
def test_odd_bytes_do_no_harm(language: str, source: bytes) -> None:
    parsed = parse(source, language)
    assert parsed.lines == source.count(b"\n") + (source != b"" and not source.endswith(b"\n"))
    assert all(0 <= span.first < span.last <= len(parsed.tokens) for span in parsed.spans)


@given(source=st.binary(max_size=200), language=st.sampled_from([language.id for language in registry()]))
def test_any_bytes_give_spans_that_fit_their_tokens(source: bytes, language: str) -> None:
    parsed = parse(source, language)
    for span in parsed.spans:
        assert 1 <= span.start_line <= span.end_line <= parsed.lines
        assert span.start_line == parsed.tokens.lines[span.first]
    assert np.all(np.diff(parsed.tokens.lines) >= 0)


def test_selected_lines_are_one_fragment_of_any_size() -> None:
    parsed = select_lines(JAVA_METHOD, registry().get("java"), 2, 3)
    assert texts(parsed) == [b"int", b"c", b"=", b"a", b";", b"c", b"+=", b"b", b";"]
    assert [(s.kind, s.start_line, s.end_line, s.first, s.last) for s in parsed.spans] == [
        (FragmentKind.SELECTION, 2, 3, 0, 9)
    ]


def test_a_whole_source_is_selected_without_its_imports() -> None:
    parsed = select_lines(b"import os\nx = 1", registry().get("python"))
    assert texts(parsed) == [b"x", b"=", b"1"]
    assert (parsed.spans[0].start_line, parsed.spans[0].end_line) == (1, 2)


@pytest.mark.parametrize(("start", "end"), [(0, 1), (2, 1), (5, 9), (9, 9)])
def test_lines_that_are_not_there_are_an_error_that_names_them(start: int, end: int) -> None:
    with pytest.raises(InputError, match=f"lines {start}-{end} .* has 7"):
        select_lines(JAVA_METHOD, registry().get("java"), start, end)


@pytest.mark.parametrize("source", [b"", b"\n\n", b"# only a comment\n"])
def test_lines_without_tokens_give_no_fragment(source: bytes) -> None:
    assert select_lines(source, registry().get("python")).spans == ()
