"""Which language a file is in."""

from __future__ import annotations

import pytest

from codesearch.core.errors import UsageError
from indexer.parsing import languages
from indexer.parsing.grammar import grammar_for
from indexer.parsing.languages import Language, registry


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/A.java", "java"),
        ("a.PY", "python"),
        ("x/y.tar.rb", "ruby"),
        ("Rakefile", "ruby"),
        ("lib.d.ts", "typescript"),
        ("a.tsx", "tsx"),
        ("CMakeLists.txt", "cmake"),
        (".java", "java"),
        ("data.json", None),
        ("README", None),
    ],
)
def test_a_path_tells_the_language(path: str, expected: str | None) -> None:
    language = registry().for_path(path)
    assert (language and language.id) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"#!/bin/sh", "bash"),
        (b"#! /usr/bin/env python3.11", "python"),
        (b"#!/usr/bin/env -S node --harmony", "javascript"),
        (b"#!/usr/bin/env LANG=C perl", "perl"),
        (b"#!/opt/bin/unheard-of", None),
        (b"print(1)", None),
        (b"", None),
    ],
)
def test_an_interpreter_line_tells_the_language(line: bytes, expected: str | None) -> None:
    language = registry().for_shebang(line)
    assert (language and language.id) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"#include <stdio.h>\nint f(void);\n", "c"),
        (b"#pragma once\nnamespace a { class B; }\n", "cpp"),
        (b"#pragma once\nnamespace a {\nclass B;\n}\n", "cpp"),
        (b"template <typename T> T f();\n", "cpp"),
        (b"#import <Foundation/Foundation.h>\n@interface A : NSObject\n@end\n", "objective-c"),
    ],
)
def test_a_header_is_told_by_its_content(head: bytes, expected: str) -> None:
    language = registry().detect("a.h", head)
    assert language is not None
    assert language.id == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def add(a, b):\n    if a is None:\n        return b\n    return a + b\n", "python"),
        ("public int add(int a, int b) throws Exception {\n  String s = \"\";\n  return a + b;\n}\n", "java"),
        ("#include <stdio.h>\nint main(void) {\n  printf(\"%d\", 1);\n  return 0;\n}\n", "c"),
        ("#include <vector>\nint main() {\n  std::vector<int> v;\n  return v.size();\n}\n", "cpp"),
        ("func add(a int, b int) (int, error) {\n\tc := a + b\n\treturn c, nil\n}\n", "go"),
        ("fn add(a: i32) -> i32 {\n    let mut b = a;\n    b += 1;\n    b\n}\n", "rust"),
        ("const add = (a, b) => {\n  console.log(a === b);\n  return a + b;\n};\n", "javascript"),
        ("<?php\nfunction add($a, $b) {\n  return $a + $b;\n}\n", "php"),
        ("def add(a, b)\n  puts a\n  a + b\nend\n", "ruby"),
        ("local function add(a, b)\n  if a then return b end\n  return a\nend\n", "lua"),
        ("#!/bin/sh\necho hi\n", "bash"),
    ],
)  # fmt: skip
def test_pasted_code_is_recognised(code: str, expected: str) -> None:
    language = registry().detect(None, code.encode())
    assert language is not None
    assert language.id == expected


@pytest.mark.parametrize("head", [b"", b"  \n", b"\x00\x01\x02", b"12 34\n"])
def test_text_without_any_sign_is_not_guessed(head: bytes) -> None:
    assert registry().detect(None, head) is None


def test_names_and_aliases_find_a_language_in_any_case() -> None:
    assert {registry().get(name).id for name in ("C++", "cpp", "cxx")} == {"cpp"}


def test_an_unknown_language_is_an_error_with_close_matches() -> None:
    with pytest.raises(UsageError, match=r"unknown language 'pyhton'.*python"):
        registry().get("pyhton")


@pytest.mark.parametrize(
    "language", [language for language in registry() if language.grammar], ids=lambda one: one.id
)
def test_grammar_and_query_fit_together(language: Language) -> None:
    assert registry().grammar_available(language)
    assert registry().degradation(language) is None
    assert grammar_for(language.tag, language) is not grammar_for(b"", language) or not language.tag


def test_files_of_a_language_without_a_grammar_are_reported() -> None:
    assert registry().degradation(registry().get("zig")) == "grammar-missing:zig"


def test_a_missing_wheel_is_reported_and_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "find_spec", lambda name: None)
    assert registry().degradation(registry().get("java")) == "grammar-missing:java"


def test_no_two_languages_claim_the_same_file_ending() -> None:
    endings = [ending for language in registry() for ending in language.extensions]
    assert len(endings) == len(set(endings))
