"""Each language's sample yields exactly the fragments a reader would point at."""

from __future__ import annotations

from pathlib import Path

import pytest

from codesearch.core.types import ParsedSource, Span
from indexer.parsing.extract import MinimumSize, parse_source
from indexer.parsing.languages import Language, registry

SAMPLES = Path(__file__).parent / "samples"
SMALL = MinimumSize(lines=3, tokens=8)

# Per sample: kind, name, container, first line, last line.
FRAGMENTS: dict[str, list[tuple[str, str, str, int, int]]] = {
    "Ledger.scala": [
        ("class", "Ledger", "", 5, 13),
        ("method", "post", "Ledger", 8, 12),
        ("class", "Ledger", "", 15, 21),
        ("method", "merge", "Ledger", 16, 20),
    ],
    "Orders.cs": [
        ("class", "Orders", "", 6, 32),
        ("constructor", "Orders", "Orders", 10, 14),
        ("method", "Total", "Orders", 16, 20),
        ("method", "Describe", "Orders", 22, 31),
        ("function", "Round", "Describe", 25, 29),
    ],
    "Shapes.kt": [
        ("class", "Circle", "", 5, 15),
        ("constructor", "constructor", "Circle", 6, 9),
        ("method", "area", "Circle", 11, 14),
        ("class", "Registry", "", 17, 26),
        ("method", "largest", "Registry", 20, 25),
        ("lambda", "", "largest", 21, 24),
        ("function", "shout", "", 28, 31),
    ],
    "Timer.swift": [
        ("class", "Countdown", "", 3, 19),
        ("method", "done", "Countdown", 5, 8),
        ("constructor", "init", "Countdown", 10, 13),
        ("method", "tick", "Countdown", 15, 18),
        ("function", "run", "", 21, 26),
        ("block", "", "", 28, 30),
    ],
    "accounts.pyw": [
        ("class", "Account", "", 10, 24),
        ("constructor", "__init__", "Account", 13, 16),
        ("method", "balance", "Account", 18, 24),
        ("function", "transfer", "", 27, 36),
        ("function", "check", "transfer", 30, 33),
        ("block", "", "", 39, 43),
    ],
    "backup.sh": [
        ("function", "archive", "", 6, 13),
        ("function", "notify", "", 15, 20),
        ("block", "", "", 22, 25),
    ],
    "cache.go": [
        ("class", "Cache", "", 8, 12),
        ("function", "New", "", 14, 17),
        ("method", "Put", "Cache", 19, 27),
    ],
    "cart.php": [
        ("class", "Cart", "", 8, 27),
        ("constructor", "__construct", "Cart", 12, 16),
        ("method", "total", "Cart", 18, 26),
        ("function", "describe", "", 29, 38),
        ("lambda", "", "describe", 31, 36),
        ("block", "", "", 40, 44),
    ],
    "game.lua": [
        ("method", "new", "Player", 7, 11),
        ("method", "hit", "Player", 13, 19),
        ("function", "clamp", "", 21, 25),
        ("method", "heal", "Player", 27, 30),
        ("block", "", "", 32, 36),
    ],
    "inventory.java": [
        ("class", "Inventory", "", 7, 38),
        ("method", "static", "Inventory", 11, 14),
        ("constructor", "Inventory", "Inventory", 16, 19),
        ("method", "free", "Inventory", 22, 29),
        ("method", "later", "Inventory", 31, 37),
        ("lambda", "", "later", 32, 36),
    ],
    "matrix.cpp": [
        ("class", "Matrix", "", 6, 18),
        ("constructor", "Matrix", "Matrix", 9, 12),
        ("method", "at", "Matrix<T>", 20, 24),
        ("method", "print", "Report", 26, 32),
        ("lambda", "", "print", 27, 30),
    ],
    "panel.tsx": [
        ("function", "Panel", "", 5, 10),
    ],
    "queue.js": [
        ("class", "Queue", "", 4, 14),
        ("constructor", "constructor", "Queue", 5, 8),
        ("method", "push", "Queue", 10, 13),
        ("function", "drain", "", 16, 20),
        ("function", "clean", "", 22, 25),
        ("block", "", "", 27, 31),
    ],
    "report.rb": [
        ("class", "Reports", "", 4, 22),
        ("class", "Report", "Reports", 5, 21),
        ("constructor", "initialize", "Report", 6, 9),
        ("method", "empty?", "Report", 11, 13),
        ("method", "load", "Report", 15, 20),
        ("block", "", "", 24, 28),
    ],
    "ring.c": [
        ("class", "ring", "", 4, 8),
        ("function", "take", "", 10, 16),
        ("function", "main", "", 18, 26),
    ],
    "stack.rs": [
        ("class", "Stack", "", 4, 8),
        ("class", "Stack", "", 10, 23),
        ("constructor", "new", "Stack", 11, 14),
        ("method", "push", "Stack", 16, 22),
        ("function", "sum", "", 25, 29),
    ],
    "store.ts": [
        ("class", "Entry", "", 3, 7),
        ("class", "Store", "", 10, 22),
        ("constructor", "constructor", "Store", 13, 16),
        ("method", "find", "Store", 18, 21),
        ("function", "load", "", 24, 28),
    ],
    "view.jsx": [
        ("function", "List", "", 3, 9),
    ],
}


def language_of(name: str) -> Language:
    language = registry().for_path(name)
    assert language is not None
    return language


def parse(name: str) -> ParsedSource:
    return parse_source((SAMPLES / name).read_bytes(), language_of(name), SMALL)


def described(span: Span) -> tuple[str, str, str, int, int]:
    return span.kind.value, span.name, span.container, span.start_line, span.end_line


@pytest.mark.parametrize("name", sorted(FRAGMENTS))
def test_a_sample_yields_its_fragments_with_name_container_and_lines(name: str) -> None:
    parsed = parse(name)
    assert [described(span) for span in parsed.spans] == FRAGMENTS[name]
    assert not parsed.damaged


def test_every_language_with_a_grammar_has_a_sample() -> None:
    assert {language_of(name).id for name in FRAGMENTS} == {
        language.id for language in registry() if language.grammar is not None
    }


@pytest.mark.parametrize("name", sorted(FRAGMENTS))
def test_imports_and_comments_are_no_tokens(name: str) -> None:
    parsed = parse(name)
    first = min(span.start_line for span in parsed.spans)
    before = [
        text for text, line in zip(_texts(parsed), parsed.tokens.lines.tolist(), strict=True) if line < first
    ]
    assert not {b"import", b"require", b"using", b"use", b"#", b"include", b"source", b"package"} & set(
        before
    )
    gone = (
        b"not counted",
        b"one shelf",
        b"wrap",
        b"Licensed",
        b"Nightly",
        b"still a comment",
        b"Counts the free",
    )
    assert not any(word in text for text in _texts(parsed) for word in gone)


STRINGS = {
    "inventory.java": b'"bolt // not a comment"',
    "accounts.pyw": b'"not enough # money"',
    "matrix.cpp": b'R"x(a "raw" text)x"',
    "Orders.cs": b'@"C:\\orders ""new"""',
    "queue.js": b"`full: ${this.items.map((i) => `<${i}>`)}`",
    "cache.go": b"`raw \\ text`",
    "stack.rs": b'r#"no "room" for {:?}"#',
    "report.rb": b"        SELECT 'it''s' # no comment\n",
    "cart.php": b' euros // "kept"\n',
    "Shapes.kt": b'"""raw "quotes" \\"""',
    "backup.sh": b'It\'s done; "quotes" stay open\n',
    "game.lua": b"[[it's over]]",
}


@pytest.mark.parametrize("name", sorted(STRINGS))
def test_a_string_in_the_language_s_own_form_is_one_token(name: str) -> None:
    assert _texts(parse(name)).count(STRINGS[name]) == 1


def test_a_regular_expression_is_one_token_and_a_division_is_not() -> None:
    texts = _texts(parse("queue.js"))
    assert rb"""/["'\/]+/g""" in texts
    assert b"/" in texts


def _texts(parsed: ParsedSource) -> list[bytes]:
    return [parsed.tokens.vocabulary.texts[id_] for id_ in parsed.tokens.ids.tolist()]
