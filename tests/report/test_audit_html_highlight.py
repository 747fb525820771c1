from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pygments.lexer import Lexer

from codesearch.report import highlighting
from codesearch.report.audit_html import highlight
from codesearch.report.audit_html.highlight import MAX_CHARACTERS, Highlighter
from indexer.parsing.languages import registry


def highlighted(text: str, language: str) -> str:
    return Highlighter().runs(text, language)


def pieces(text: str, runs: str) -> list[tuple[str, str]]:
    """The coloured pieces, as a browser cuts them: by UTF-16 units."""
    units = text.encode("utf-16-le")
    found: list[tuple[str, str]] = []
    at = 0
    for colour, length in re.findall(r"([a-z])(\d+)", runs):
        end = at + 2 * int(length)
        found.append((colour, units[at:end].decode("utf-16-le")))
        at = end
    assert at == len(units)
    return found


def test_python_is_coloured() -> None:
    runs = highlighted('def f(x):\n    # why\n    return "s" + str(1)', "python")
    coloured = [
        (colour, text.strip())
        for colour, text in pieces('def f(x):\n    # why\n    return "s" + str(1)', runs)
    ]
    for expected in (
        ("k", "def"),
        ("f", "f"),
        ("c", "# why"),
        ("k", "return"),
        ("s", '"s"'),
        ("b", "str"),
        ("n", "1"),
    ):
        assert expected in coloured


def test_offsets_count_as_browsers_do() -> None:
    text = 'x = "𝄞𝄞" + y'
    assert ("s", '"𝄞𝄞" ') in pieces(text, highlighted(text, "python"))


def test_php_fragment_needs_no_opening_tag() -> None:
    assert highlighted("function f($x) { return 1; }", "php").startswith("k9f1")


@pytest.mark.parametrize("language", [language.id for language in registry()])
def test_every_language_has_a_lexer(language: str) -> None:
    assert highlighting._lexer(language) is not None


@given(st.sampled_from(["python", "javascript", "php", "html", "make", "nobody's"]), st.text())
def test_runs_cover_any_text(language: str, text: str) -> None:
    runs = highlighted(text.encode("utf-8", "ignore").decode(), language)
    if runs:
        pieces(text.encode("utf-8", "ignore").decode(), runs)


def test_unknown_language_and_huge_text_stay_plain() -> None:
    assert highlighted("def f(): pass", "nobody's") == ""
    assert highlighted("def f(): pass\n" * (MAX_CHARACTERS // 10), "python") == ""


def test_lexer_that_fails_leaves_the_text_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(Lexer):
        def get_tokens(self, text: str, unfiltered: bool = False) -> object:  # type: ignore[override]
            raise RuntimeError

    monkeypatch.setattr(highlighting, "_lexer", lambda language: Failing())
    assert highlighted("def f(): pass", "python") == ""


def test_language_whose_lexer_is_too_slow_stays_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    highlighter = Highlighter()
    monkeypatch.setattr(highlight, "MAX_SECONDS", -1.0)
    assert highlighter.runs("def f(): pass", "python") == ""
    monkeypatch.undo()
    assert highlighter.runs("def f(): pass", "python") == ""
    assert highlighter.runs("function f() {}", "javascript") != ""
