"""Nesting so deep that a recursive parser runs out of stack, in every supported language."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from benchmarks.hostile_trees.case import ANALYSED, HostileCase, any_of, file_case, skipped
from indexer.parsing.languages import Language, registry

DEPTH = 100_000  # of the row in the field's table: 100,000 arrays in 400 KB of JavaScript

# What nests without brackets: file, head, what is repeated, what follows. Which parsers mind is theirs.
_BRACKETLESS: dict[str, tuple[str, str, str, str]] = {
    "unary-minus": ("unary.py", "x = ", "-", "1"),
    "unary-not": ("unary.js", "x = ", "!", "1;"),
    "pointers": ("pointers.c", "int ", "*", "p;"),
    "dereferences": ("references.rs", "fn f() { let x = ", "&", "y; }"),
    "arrows": ("arrows.js", "x = ", "a=>", "1;"),
    "conditionals": ("conditionals.js", "x = ", "a?b:", "c;"),
    "lambdas": ("lambdas.py", "x = ", "lambda:", "0"),
    "generics": ("generics.java", "class A { ", "A<", "> a; }"),
    "else-if": ("branches.c", "void f() { ", "if (a) b; else ", "c; }"),
    "begin-end": ("begins.rb", "", "begin\n", "end\n"),
    "do-blocks": ("blocks.lua", "", "do\n", "end\n"),
    "then-blocks": ("blocks.sh", "", "if a; then\n", "fi\n"),
    "pascal-blocks": ("blocks.pas", "", "begin\n", "end;\n"),
    "tags": ("tags.html", "", "<div>", "</div>"),
    "comments": ("comments.rs", "", "/*", "*/"),
    "ml-comments": ("comments.ml", "", "(*", "*)"),
    "templates": ("templates.js", "x = ", "`${", "}`"),
    "command-substitutions": ("substitutions.sh", "x=", "$(", ")"),
    "quotes": ("quotes.scm", "", "'", "x"),
    "operators": ("operators.kt", "val x = ", "a+", "b"),
    "method-chain": ("chain.java", "class A { Object o = a", ".b()", "; }"),
    "dots": ("dots.rb", "a", ".b", "\n"),
    "casts": ("casts.c", "int x = ", "(int)", "y;"),
    "macros": ("macros.c", "", "#if 1\n", "#endif\n"),
    "string-prefixes": ("interpolation.kt", "val x = ", '"${', '}"'),
}
_CLOSED = frozenset(
    {"begin-end", "do-blocks", "then-blocks", "pascal-blocks", "tags", "comments", "ml-comments", "templates"}
    | {"command-substitutions", "macros", "string-prefixes"}
)
_STRINGS_IN_BRACKETS = frozenset({"lua", "cmake"})  # where [[ opens a string
_BRACKETLESS_DEPTH = 20_000
_ENDS = (ANALYSED, "too-deep", "timeout", "out-of-memory", "parser-crash")


def _brackets(language: Language) -> HostileCase:
    path = f"nested.{language.extensions[0]}"
    opener, closer = (b"(", b")") if language.id in _STRINGS_IN_BRACKETS else (b"[", b"]")
    content = language.tag + b"\nx = " + opener * DEPTH + closer * DEPTH + b";\n"
    planted = f"{DEPTH:,} nested brackets in {language.name}"
    return file_case(f"nesting-{language.id}", planted, path, content, "too-deep")


def _bracketless(name: str) -> HostileCase:
    path, head, opener, closer = _BRACKETLESS[name]

    def content() -> bytes:
        tail = closer * _BRACKETLESS_DEPTH if name in _CLOSED else closer
        return f"{head}{opener * _BRACKETLESS_DEPTH}{tail}\n".encode()

    planted = f"{_BRACKETLESS_DEPTH:,} nested {name.replace('-', ' ')} in {path}"
    return file_case(f"nesting-of-{name}", planted, path, content, *_ENDS)


def _indentation(root: Path) -> None:
    lines = (" " * level + "if x:\n" for level in range(1500))
    (root / "indented.py").write_text("".join(lines) + " " * 1500 + "pass\n", encoding="utf-8")


def _parentheses(root: Path, depth: int) -> None:
    (root / "deep.py").write_bytes(b"x = " + b"(" * depth + b")" * depth + b"\n")


CASES = (
    *(_brackets(language) for language in registry() if language.extensions),
    *(_bracketless(name) for name in _BRACKETLESS),
    HostileCase(
        "nesting-parentheses-200000",
        "200,000 parentheses in Python",
        partial(_parentheses, depth=200_000),
        skipped("too-deep", "deep.py"),
    ),
    file_case(
        "nesting-arrays-on-lines",
        "100,000 nested arrays, one a line",
        "arrays.js",
        b"x =\n" + b"[\n" * DEPTH + b"]\n" * DEPTH,
        "too-deep",
    ),
    HostileCase(
        "nesting-parentheses-999", "999 parentheses, which is allowed", partial(_parentheses, depth=999)
    ),
    HostileCase(
        "nesting-indentation", "1,500 levels of indentation", _indentation, any_of("indented.py", *_ENDS)
    ),
)
