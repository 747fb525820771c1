"""Ignore files outside git: nesting, negation, and agreement with git itself."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern
from trees import analysable, git, plant, skipped

from indexer.corpus.patterns import LinearPattern
from indexer.corpus.reader import FileCorpus

NAMES = ["a.py", "b.py", "x.go", "d/a.py", "d/b.py", "d/e/a.py", "d/e/x.go", "build/a.py", "d/build/b.py"]


def listed(root: Path) -> list[str]:
    return analysable(FileCorpus("c", root))


def test_ignored_files_are_not_seen_at_all(tmp_path: Path) -> None:
    plant(tmp_path, {".gitignore": "b.py\nbuild/\n", "a.py": "", "b.py": "", "build/c.py": ""})
    corpus = FileCorpus("c", tmp_path)
    assert [file.path for file in corpus.files()] == [".gitignore", "a.py"]


def test_a_deeper_file_overrules_one_above(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {".gitignore": "*.py\n", "a.py": "", "d/.gitignore": "!keep.py\n", "d/keep.py": "", "d/b.py": ""},
    )
    assert listed(tmp_path) == ["d/keep.py"]


def test_nothing_below_an_ignored_folder_comes_back(tmp_path: Path) -> None:
    plant(tmp_path, {".gitignore": "d/\n!d/a.py\n", "d/.gitignore": "!a.py\n", "d/a.py": "", "e.py": ""})
    assert listed(tmp_path) == ["e.py"]


def test_a_folder_that_comes_back_keeps_other_rules(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {".gitignore": "build\n*.go\n", "d/.gitignore": "!build\n", "d/build/a.py": "", "d/build/x.go": ""},
    )
    assert listed(tmp_path) == ["d/build/a.py"]


@pytest.mark.parametrize("name", [".gitignore", ".ignore", ".codesearchignore"])
def test_all_three_names_count_outside_git(tmp_path: Path, name: str) -> None:
    plant(tmp_path, {name: "b.py\n", "a.py": "", "b.py": ""})
    assert listed(tmp_path) == ["a.py"]


def test_our_own_ignore_file_has_the_last_word_in_a_folder(tmp_path: Path) -> None:
    plant(tmp_path, {".gitignore": "*.py\n", ".codesearchignore": "!a.py\n", "a.py": "", "b.py": ""})
    assert listed(tmp_path) == ["a.py"]


@pytest.mark.parametrize(
    "pattern",
    ["*a*a*a*a*a*a*a*a*a*a*a*b", "*a*/*a*/*a*/*a*/b", "*a*a*/*a*a*/b", "**/*a*a*a/**/*a*a*b", "*a?*a?*a?*b"],
)
def test_stars_by_the_dozen_are_matched_at_once(tmp_path: Path, pattern: str) -> None:
    name = "a" * 200
    plant(
        tmp_path,
        {"d/.gitignore": f"{pattern}\nb.py\n", "d/b.py": "", f"d/{name}/{name}/{name}/{name}.py": ""},
    )
    corpus = FileCorpus("c", tmp_path)
    assert analysable(corpus) == [f"d/{name}/{name}/{name}/{name}.py"]
    assert corpus.notes == ()


@pytest.mark.parametrize("pattern", ["**/a/**/b/**/c", "*[a]*[a]*[a]*b", "*a*\0*.py"])
def test_a_pattern_that_would_backtrack_for_ever_is_refused_and_said_so(tmp_path: Path, pattern: str) -> None:
    plant(tmp_path, {"d/.gitignore": f"{pattern}\nb.py\n", "d/b.py": "", f"d/{'a' * 200}.py": ""})
    corpus = FileCorpus("c", tmp_path)
    assert analysable(corpus) == [f"d/{'a' * 200}.py"]
    assert corpus.notes == ("ignore-pattern-refused:d/.gitignore",)


SEGMENTS = st.text("ab*?(.", min_size=1, max_size=7) | st.just("**")
GLOBS = st.lists(SEGMENTS, min_size=1, max_size=4).map("/".join)
PATHS = st.lists(st.text("ab(.", min_size=1, max_size=6), min_size=1, max_size=4).map("/".join)


@settings(max_examples=300)
@given(GLOBS, PATHS)
def test_patterns_mean_what_they_mean_to_the_library(glob: str, path: str) -> None:
    ours, theirs = LinearPattern(glob), GitIgnoreSpecPattern(glob)
    assert (ours.match_file(path) is None) == (theirs.match_file(path) is None)


def test_names_by_the_ten_thousand_are_no_work_for_the_files_that_they_do_not_name(tmp_path: Path) -> None:
    lines = [f"none_{number}.py" for number in range(20_000)]
    kept = ["!d/kept.py", "gone.py", "folder/", "/only/here.py", "two words.py"]
    plant(
        tmp_path,
        {
            ".gitignore": "\n".join(["kept.py", *lines, *kept, "*.pyc"]),
            "d/kept.py": "",
            "e/kept.py": "",
            "d/gone.py": "",
            "folder/a.py": "",
            "only/here.py": "",
            "else/only/here.py": "",
            "none_7.py": "",
            "folder.py": "",
            "e/two words.py": "",
            "words.py": "",
        },
    )
    corpus = FileCorpus("c", tmp_path)
    assert analysable(corpus) == ["d/kept.py", "else/only/here.py", "folder.py", "words.py"]
    assert corpus.notes == ()


@pytest.mark.parametrize(
    "refused",
    ["x" * 1_000_000, "x" * 9_000 + "*", "\n".join(f"none_{number}*.py" for number in range(2_001))],
    ids=["a megabyte", "too long", "too many"],
)
def test_patterns_too_long_or_too_many_are_refused_and_said_so(tmp_path: Path, refused: str) -> None:
    plant(tmp_path, {".gitignore": f"{refused}\nb.py\n", "a.py": "", "b.py": ""})
    corpus = FileCorpus("c", tmp_path)
    assert analysable(corpus) == ["a.py"]
    assert corpus.notes == ("ignore-pattern-refused:.gitignore",)


def test_folders_share_the_room_for_patterns_with_wildcards(tmp_path: Path) -> None:
    many = "".join(f"none_{number}*.py\n" for number in range(1_500))
    plant(
        tmp_path,
        {".gitignore": many, "d/.gitignore": many, "d/a.py": "", "e/.gitignore": "*.py\n", "e/a.py": ""},
    )
    corpus = FileCorpus("c", tmp_path)
    assert analysable(corpus) == ["d/a.py"]
    assert corpus.notes == ("ignore-pattern-refused:d/.gitignore",)


def test_our_own_ignore_file_has_room_before_the_others_of_its_folder(tmp_path: Path) -> None:
    many = "".join(f"none_{number}*.py\n" for number in range(2_000))
    plant(tmp_path, {".gitignore": many, ".codesearchignore": "a*.py\n", "a.py": "", "b.py": ""})
    corpus = FileCorpus("c", tmp_path)
    assert analysable(corpus) == ["b.py"]
    assert corpus.notes == ("ignore-pattern-refused:.gitignore",)


def test_an_ignore_file_that_is_too_large_is_told(tmp_path: Path) -> None:
    plant(tmp_path, {".ignore": "a.py\n" + "#" * (1 << 20), "a.py": ""})
    corpus = FileCorpus("c", tmp_path)
    assert analysable(corpus) == ["a.py"]
    assert corpus.notes == ("ignore-file-refused:.ignore",)


def test_broken_and_unreadable_ignore_files_are_passed_over(tmp_path: Path) -> None:
    plant(tmp_path, {".gitignore": b"!\na\\\n\xff\xfe\n[\nb.py\n", "a.py": "", "b.py": ""})
    (tmp_path / ".ignore").symlink_to("/dev/zero")
    assert listed(tmp_path) == ["a.py"]
    assert skipped(FileCorpus("c", tmp_path))[".ignore"] == "symlink"


HIDING = [
    "a.py",
    "*.py",
    "d",
    "d/",
    "/d",
    "d/*",
    "d/**",
    "build",
    "**/a.py",
    "/*.py",
    "e/",
    "d/e",
    "d/**/a.py",
]
SHOWING = ["!a.py", "!*.go", "!d", "!d/", "!d/e/", "!d/**", "!build", "!e", "!d/e/a.py", "!*/"]
PATTERNS = st.sampled_from(HIDING) | st.sampled_from(["*", "/*", "*/*"]) | st.sampled_from(SHOWING)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(top=st.lists(PATTERNS, max_size=4), nested=st.lists(PATTERNS, max_size=3))
def test_the_walk_agrees_with_git(top: list[str], nested: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = plant(Path(folder), NAMES)
        plant(root, {".gitignore": "\n".join(top), "d/.gitignore": "\n".join(nested)})
        git(root, "init")
        by_git = analysable(FileCorpus("c", root))
        assert analysable(FileCorpus("c", root, use_git=False)) == by_git
