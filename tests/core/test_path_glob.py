from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.core.store.path_glob import glob_to_regex


@pytest.mark.parametrize(
    ("glob", "path", "fits"),
    [
        ("*.java", "A.java", True),
        ("*.java", "src/deep/A.java", True),
        ("*.java", "src/A.javax", False),
        ("src/*.py", "src/a.py", True),
        ("src/*.py", "src/sub/a.py", False),
        ("src/*.py", "other/src/a.py", False),
        ("src/**/*.py", "src/a.py", True),
        ("src/**/*.py", "src/x/y/a.py", True),
        ("**/test/**", "a/test/b/c.py", True),
        ("**/test/**", "test/c.py", True),
        ("/a.py", "a.py", True),
        ("/a.py", "x/a.py", False),
        ("lib", "lib/a/b.c", True),
        ("lib", "x/lib/b.c", True),
        ("lib/", "lib/b.c", True),
        ("lib/", "lib", False),
        ("lib", "library/b.c", False),
        ("a?.c", "ab.c", True),
        ("a?.c", "a/.c", False),
        ("[ab].c", "a.c", True),
        ("[!ab].c", "a.c", False),
        ("[!ab].c", "c.c", True),
        ("a+b(1).c", "a+b(1).c", True),
        ("a.c", "abc", False),
        ("*.c", "line\nbreak.c", True),
        ("src/**", "src/line\nbreak.c", True),
        ("[--a].c", "B.c", True),
        ("*.C", "a.c", False),
        ("[", "[", True),
    ],
)
def test_glob_fits_the_paths_a_user_means(glob: str, path: str, fits: bool) -> None:
    assert bool(re.search(glob_to_regex(glob), path)) is fits


@given(st.text(alphabet="ab*?[]!-/.\\^$(){}|+\n", max_size=12))
def test_any_glob_gives_a_valid_expression(glob: str) -> None:
    re.compile(glob_to_regex(glob))


@given(st.text(alphabet="abc.+(){}^$|-\\ \n", min_size=1, max_size=12))
def test_plain_name_fits_itself(name: str) -> None:
    assert re.search(glob_to_regex(name), name)
