"""A baseline says what is new, survives merges, and is never lost or taken for what it is not."""

from __future__ import annotations

import os
import stat
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from audit_contents import class_of, content, new_letters
from hypothesis import given
from hypothesis import strategies as st

from codesearch.audit.baseline import Baseline, read_baseline, read_replaceable, write_baseline
from codesearch.core.errors import InputError

LETTERS = st.text("abcdef", min_size=2, max_size=6)


def write(path: Path, *classes: tuple[int, str]) -> Path:
    write_baseline(path, [class_of(number, letters) for number, letters in classes])
    return path


def error_of(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_baseline(path)
    assert caught.value.hint
    return str(caught.value)


def test_nothing_of_the_classes_that_made_it_is_new(tmp_path: Path) -> None:
    path = write(tmp_path / "b", (1, "ab"), (2, "ccc"))
    marked = read_baseline(path).mark([class_of(2, "ccc"), class_of(1, "ab")])
    assert marked.classes == (class_of(2, "ccc"), class_of(1, "ab"))
    assert marked.fixed == ()


def test_an_unknown_class_is_new_with_all_its_members() -> None:
    [found] = Baseline.of([class_of(1, "ab")]).mark([class_of(2, "ab")]).classes
    assert found.new
    assert new_letters(found) == "ab"


def test_a_member_beyond_the_multiset_is_new_and_makes_its_class_new() -> None:
    baseline = Baseline.of([class_of(1, "aab")])
    [found] = baseline.mark([class_of(1, "aaabc")]).classes
    assert found.new
    assert [one.new for one in found.members] == [False, False, True, False, True]


def test_a_class_that_lost_members_is_not_new() -> None:
    [found] = Baseline.of([class_of(1, "aabc")]).mark([class_of(1, "ab")]).classes
    assert not found.new
    assert new_letters(found) == ""


def test_of_equal_copies_the_one_that_touches_changed_lines_is_the_new_one() -> None:
    found = class_of(1, "aaa")
    touched = replace(found, members=(replace(found.members[0], new=True), *found.members[1:]), new=True)
    [marked] = Baseline.of([class_of(1, "aa")]).mark([touched]).classes
    assert [one.new for one in marked.members] == [True, False, False]


def test_a_touched_member_that_the_baseline_knows_is_not_new() -> None:
    found = class_of(1, "ab")
    touched = replace(found, members=(replace(found.members[0], new=True), found.members[1]), new=True)
    [marked] = Baseline.of([found]).mark([touched]).classes
    assert marked == found


def test_fixed_are_the_classes_that_are_gone_and_not_those_that_are_only_hidden() -> None:
    baseline = Baseline.of([class_of(number, "ab") for number in (4, 3, 2, 1)])
    marked = baseline.mark([class_of(1, "ab")], hidden=[class_of(3, "ab").id])
    assert marked.fixed == (class_of(2, "ab").id, class_of(4, "ab").id)


def test_contents_are_given_by_class_for_recognising_classes() -> None:
    contents = Baseline.of([class_of(1, "aab")]).contents()
    assert contents == {class_of(1, "").id: Counter({content("a"): 2, content("b"): 1})}


@given(st.lists(LETTERS, max_size=5))
def test_the_file_does_not_depend_on_the_order_of_classes_and_members(
    tmp_path_factory: pytest.TempPathFactory, rows: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("order")
    classes = [class_of(number, letters) for number, letters in enumerate(rows)]
    shuffled = [class_of(number, letters[::-1]) for number, letters in enumerate(rows)][::-1]
    write_baseline(folder / "a", classes)
    write_baseline(folder / "b", shuffled)
    assert (folder / "a").read_bytes() == (folder / "b").read_bytes()
    assert read_baseline(folder / "a").contents() == Baseline.of(classes).contents()


def test_a_missing_baseline_says_how_to_make_one(tmp_path: Path) -> None:
    assert "--update-baseline" in error_of(tmp_path / "none")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", "is not a baseline"),
        (b"def f():\n    pass\n", "is not a baseline"),
        (b"codesearch-baseline 2\n", "of another version (codesearch-baseline 2)"),
        (b"codesearch-baseline 1\nid zz\n", "damaged in line 2"),
        (b"codesearch-baseline 1\n\n" + b"a" * 32 + b"\n", "damaged in line 3"),
        (b"codesearch-baseline 1\nid " + b"a" * 32 + b"*0\n", "damaged in line 2"),
        (b"codesearch-baseline 1\n<<<<<<< HEAD\n", "merge conflict in line 2"),
        (b"codesearch-baseline 1\nid " + b"a" * 32 + b"\n=======\n", "merge conflict in line 3"),
        (b"<<<<<<< HEAD\ncodesearch-baseline 1\n", "merge conflict in line 1"),
        (b"\xff\xfe\x00", "not UTF-8"),
    ],
)
def test_what_is_no_baseline_is_refused_with_its_place(tmp_path: Path, text: bytes, told: str) -> None:
    path = tmp_path / "b"
    path.write_bytes(text)
    assert told in error_of(path)


def test_a_folder_a_pipe_and_a_circle_of_links_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("", "pipe", "loop"):
        assert "baseline" in error_of(tmp_path / name)
        with pytest.raises(InputError):
            write(tmp_path / name)


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter(tmp_path: Path) -> None:
    path = write(tmp_path / "b", (1, "ab"))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_baseline(path).contents() == Baseline.of([class_of(1, "ab")]).contents()


@pytest.mark.parametrize(
    "text",
    [
        *("import os\n", "codesearch\n", "codesearch-baseline.txt merge=union\n"),
        "<<<<<<< HEAD\nimport os\n=======\nimport sys\n>>>>>>> other\n",
    ],
)
def test_a_file_that_is_no_baseline_is_not_overwritten_and_refused_before_any_work(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "main.py"
    path.write_text(text)
    for use in (write, read_replaceable):
        with pytest.raises(InputError, match=r"main\.py is not a baseline"):
            use(path)
    assert path.read_text() == text


def test_a_baseline_to_be_replaced_is_known_until_then(tmp_path: Path) -> None:
    path = tmp_path / "b"
    assert read_replaceable(path) is None
    write(path, (1, "ab"))
    assert read_replaceable(path) == read_baseline(path)


@pytest.mark.parametrize(
    "text",
    [
        *("codesearch-baseline 7\nx\n", "codesearch-baseline 1\nid zz\n", ""),
        "codesearch-baseline 1\n<<<<<<< HEAD\n",
        "<<<<<<< HEAD\ncodesearch-baseline 1\n=======\ncodesearch-baseline 2\n>>>>>>> other\n",
    ],
)
def test_a_baseline_that_cannot_be_used_counts_as_none_and_can_be_written_anew(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "b"
    path.write_text(text)
    assert read_replaceable(path) is None
    assert len(read_baseline(write(path, (1, "ab"))).classes) == 1


def test_a_link_to_a_baseline_is_followed_and_stays(tmp_path: Path) -> None:
    target = write(tmp_path / "real", (1, "ab"))
    link = tmp_path / "link"
    link.symlink_to(target)
    write(link, (2, "cd"))
    assert link.is_symlink()
    assert read_baseline(target).classes.keys() == {class_of(2, "cd").id}


def test_a_link_cannot_make_or_overwrite_another_file(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("keep me")
    for name, target in (("a", precious), ("b", tmp_path / "absent")):
        (tmp_path / name).symlink_to(target)
        with pytest.raises(InputError):
            read_replaceable(tmp_path / name)
        with pytest.raises(InputError):
            write(tmp_path / name, (1, "ab"))
    assert precious.read_text() == "keep me"
    assert not (tmp_path / "absent").exists()


def test_a_failed_write_leaves_the_previous_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "b", (1, "ab"))
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(InputError, match="Input/output error"):
        write(path, (2, "cd"))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_does_not_exist_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write the baseline"):
        write(tmp_path / "none" / "b", (1, "ab"))


def test_the_mode_of_the_file_stays(tmp_path: Path) -> None:
    path = write(tmp_path / "b", (1, "ab"))
    path.chmod(0o640)
    write(path, (2, "ab"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, env=environment
    )


@pytest.mark.parametrize("common", [True, False])
def test_baselines_of_two_branches_merge_as_a_union(tmp_path: Path, common: bool) -> None:
    """Also where both branches made the file, added at the same place or to the same class."""
    path = tmp_path / "b"
    (tmp_path / ".gitattributes").write_text("b merge=union\n")
    git(tmp_path, "init")
    if common:
        write(path, (1, "ab"), (5, "aa"))
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "base")
    git(tmp_path, "checkout", "-b", "other")
    write(path, (1, "ab"), (2, "cd"), (5, "aaa"))
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "theirs")
    git(tmp_path, "checkout", "main")
    write(path, (1, "abc"), (3, "ef"), (5, "aaaa"))
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "ours")
    git(tmp_path, "merge", "other")
    expected = [class_of(1, "abc"), class_of(2, "cd"), class_of(3, "ef"), class_of(5, "aaaa")]
    assert read_baseline(path).contents() == Baseline.of(expected).contents()
