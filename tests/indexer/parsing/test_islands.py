"""Literals that name their own end, against the expressions that say what they are and take too long."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.parsing.islands import ISLAND_FORMS, find_islands

DEFINITIONS = {
    "heredoc": rb"<<[-~]?[ \t]*+([\"'`]?)([A-Za-z_]\w*+)\1[^\n]*+\n(?P<body>(?:[^\n]*+\n)*?)[ \t]*+\2\b",
    "php_heredoc": rb"<<<[ \t]*+([\"']?)([A-Za-z_]\w*+)\1[ \t]*+\r?\n(?P<body>(?:[^\n]*+\n)*?)[ \t]*+\2\b",
    "cpp_raw": rb'(?P<body>\bR"([^()\\\s"]{1,16}+)\((?s:.)*?\)\2")',
}
PARTS = (
    "<<",
    "<<<",
    "-",
    "~",
    "A",
    "B",
    "AB",
    "'",
    '"',
    "\n",
    "\n",
    " ",
    "\t",
    "text",
    'R"',
    "(",
    ")",
    ')A"',
    "\r\n",
)


@pytest.mark.parametrize("form", ISLAND_FORMS)
@given(parts=st.lists(st.sampled_from(PARTS), max_size=40))
def test_islands_are_what_their_definition_matches(form: str, parts: list[str]) -> None:
    source = "".join(parts).encode()
    matches = (found.span("body") for found in re.finditer(DEFINITIONS[form], source))
    assert list(find_islands(source, [form])) == [(first, last) for first, last in matches if first < last]


@pytest.mark.parametrize(
    ("form", "source"),
    [
        ("heredoc", b"cat <<A <<B\n" * 30_000),
        ("heredoc", b"".join(b"cat <<A%d\n" % number for number in range(30_000))),
        ("heredoc", b"<<A " * 250_000),
        ("php_heredoc", b"$x = <<<A\n" * 30_000),
        ("cpp_raw", b'R"d(' * 250_000),
    ],
    ids=["lines", "labels", "one line", "php", "cpp"],
)
def test_openings_without_an_end_are_no_islands_and_are_read_once(form: str, source: bytes) -> None:
    assert list(find_islands(source, [form])) == []
