from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.core.errors import InputError
from codesearch.query.source import Selection


@given(st.integers(1, 10**6), st.integers(0, 10**6))
def test_range_of_lines_is_read_back(first: int, more: int) -> None:
    assert Selection.parse(f"dir/f.py:{first}-{first + more}") == Selection("dir/f.py", (first, first + more))


@pytest.mark.parametrize(
    ("text", "selection"),
    [
        ("-", Selection("-")),
        ("f.py", Selection("f.py")),
        ("f.py:7", Selection("f.py", (7, 7))),
        ("a:b.py:7-9", Selection("a:b.py", (7, 9))),
        ("new\nline.py:3", Selection("new\nline.py", (3, 3))),
        ("f.py:x-9", Selection("f.py:x-9")),
    ],
)
def test_what_is_no_range_is_part_of_the_name(text: str, selection: Selection) -> None:
    assert Selection.parse(text) == selection


def test_file_that_is_called_like_a_range_is_the_file(user: Path) -> None:
    Path("f.py:1-2").touch()
    assert Selection.parse("f.py:1-2") == Selection("f.py:1-2")


@pytest.mark.parametrize("text", ["f.py:0", "f.py:0-3", "f.py:9-8"])
def test_range_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="write FILE:FIRST-LAST, counted from 1"):
        Selection.parse(text)
