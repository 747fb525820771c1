"""What a file declares: definitions of any size and imports."""

from __future__ import annotations

import pytest

from codesearch.core.types import FragmentKind, Tokens
from indexer.parsing.declarations import declarations_of
from indexer.parsing.languages import registry
from indexer.parsing.limits import ParseLimits, TooDeep

PYTHON = b'''\
"""Documentation."""
import os, sys  # the usual

class A:
    def f(self): return 1
'''


def words(tokens: Tokens) -> list[str]:
    return [tokens.vocabulary.texts[number].decode() for number in tokens.ids.tolist()]


def test_definitions_come_with_their_class_their_lines_and_their_tokens() -> None:
    found = declarations_of(PYTHON, registry().get("python")).definitions
    assert [(one.kind, one.name, one.container, one.start_line, one.end_line) for one in found] == [
        (FragmentKind.CLASS, "A", "", 4, 5),
        (FragmentKind.METHOD, "f", "A", 5, 5),
    ]
    assert words(found[1].tokens) == ["def", "f", "(", "self", ")", ":", "return", "1"]


def test_imports_come_without_their_comments() -> None:
    (found,) = declarations_of(PYTHON, registry().get("python")).imports
    assert (found.line, words(found.tokens)) == (2, ["import", "os", ",", "sys"])


def test_a_line_of_a_string_is_no_import() -> None:
    source = b'/* \nimport forged\n*/\nimport "real.dart";\nvar text = """\nimport forged.too;\n""";\n'
    found = declarations_of(source, registry().get("dart")).imports
    assert [one.line for one in found] == [4]


def test_nothing_that_nests_too_deep_is_parsed() -> None:
    with pytest.raises(TooDeep):
        declarations_of(b"(" * 11, registry().get("python"), ParseLimits(10))


@pytest.mark.parametrize("source", [b"", b"\n\n", b"\xff\xfe", b"class", b"import"])
def test_sources_that_declare_nothing_give_nothing(source: bytes) -> None:
    found = declarations_of(source, registry().get("python"))
    assert not found.definitions
