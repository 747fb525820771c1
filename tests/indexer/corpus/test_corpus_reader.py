"""What a user sees of the corpus reader: which files count, in which order, and why others do not."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from trees import CODE, analysable, git, plant, skipped

from codesearch.core.errors import InputError, UsageError
from codesearch.core.protocols import CorpusReader, SkippedFile
from codesearch.core.types import Role
from indexer.corpus.reader import FileCorpus


def corpus(root: Path, **options: object) -> FileCorpus:
    return FileCorpus("c", root, **options)  # type: ignore[arg-type]


def test_files_come_once_in_path_order(tmp_path: Path) -> None:
    names = ["b.py", "a/z.py", "a-b/x.py", "a.py", "a/b/c.py", "B.py", "a+.py"]
    plant(tmp_path, names)
    reader: CorpusReader = corpus(tmp_path)
    assert [file.path for file in reader.files()] == sorted(names)


def test_order_is_the_same_inside_and_outside_git(tmp_path: Path) -> None:
    names = ["b.py", "a/z.py", "a-b/x.py", "a.py", "ä.py", "a/b/c.py", "a\n.py"]
    outside = analysable(corpus(plant(tmp_path / "plain", names)))
    git(plant(tmp_path / "repo", names), "init")
    assert analysable(corpus(tmp_path / "repo")) == outside


def test_a_source_file_carries_what_an_incremental_run_needs(tmp_path: Path) -> None:
    plant(tmp_path, {"tests/test_a.py": CODE})
    (file,) = corpus(tmp_path).files()
    status = (tmp_path / "tests/test_a.py").stat()
    assert not isinstance(file, SkippedFile)
    assert (file.language, file.role) == ("python", Role.TEST)
    assert (file.size, file.modified_ns) == (status.st_size, status.st_mtime_ns)
    assert file.absolute.read_text() == CODE


def test_a_single_file_is_a_corpus(tmp_path: Path) -> None:
    plant(tmp_path, ["a/one.py", "a/two.py"])
    reader = corpus(tmp_path / "a" / "one.py")
    assert analysable(reader) == ["one.py"]
    assert reader.root == tmp_path / "a"


def test_an_empty_folder_has_no_files(tmp_path: Path) -> None:
    assert list(corpus(tmp_path).files()) == []


@pytest.mark.parametrize("name", ["missing", "file.py/below", "nul\0name"])
def test_a_path_that_is_not_there_is_one_clear_error(tmp_path: Path, name: str) -> None:
    plant(tmp_path, ["file.py"])
    with pytest.raises(InputError, match=r"no such file or folder|cannot read"):
        corpus(tmp_path / name)


def test_a_fifo_as_corpus_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(InputError, match="neither a folder nor a regular file"):
        corpus(tmp_path / "pipe.py")


def test_a_link_loop_as_corpus_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("a")
    with pytest.raises(InputError, match="cannot read"):
        corpus(tmp_path / "a")


def test_a_linked_folder_that_the_user_names_is_read(tmp_path: Path) -> None:
    plant(tmp_path / "real", ["a.py"])
    (tmp_path / "link").symlink_to("real")
    assert analysable(corpus(tmp_path / "link")) == ["a.py"]


def test_only_regular_files_are_candidates(tmp_path: Path) -> None:
    plant(tmp_path, ["real.py", "folder/inner.py"])
    os.mkfifo(tmp_path / "fifo.py")
    (tmp_path / "zero.py").symlink_to("/dev/zero")
    (tmp_path / "link.py").symlink_to("real.py")
    (tmp_path / "broken.py").symlink_to("nowhere.py")
    (tmp_path / "folder" / "loop").symlink_to("..")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(tmp_path)  # names of sockets are short
        try:
            server.bind("socket.py")
        finally:
            os.chdir(here)
        reader = corpus(tmp_path)
        assert analysable(reader) == ["folder/inner.py", "real.py"]
        assert skipped(reader) == {
            "broken.py": "symlink",
            "fifo.py": "not-regular",
            "folder/loop": "symlink",
            "link.py": "symlink",
            "socket.py": "not-regular",
            "zero.py": "symlink",
        }


def test_every_other_file_is_skipped_with_its_reason(tmp_path: Path) -> None:
    plant(tmp_path, {"a.py": CODE, "data.json": "{}", "what.qqq": "x", "Logo.PNG": b"\x89PNG", "noext": CODE})
    with (tmp_path / "sparse.py").open("wb") as file:
        file.truncate(500 << 20)
    assert skipped(corpus(tmp_path)) == {
        "Logo.PNG": "not-code",
        "data.json": "not-code",
        "noext": "unknown-language",
        "sparse.py": "too-large",
        "what.qqq": "unknown-language",
    }


def test_the_size_limit_is_a_setting(tmp_path: Path) -> None:
    plant(tmp_path, {"a.py": b"x" * 101, "b.py": b"x" * 100})
    assert skipped(corpus(tmp_path, max_bytes=100)) == {"a.py": "too-large"}


def test_executables_without_extension_are_recognised_by_their_first_line(tmp_path: Path) -> None:
    plant(tmp_path, {"run": "#!/usr/bin/env python3\nx = 1\n", "plain": "#!/usr/bin/env python3\nx = 1\n"})
    (tmp_path / "run").chmod(0o755)
    reader = corpus(tmp_path)
    assert analysable(reader) == ["run"]
    assert skipped(reader) == {"plain": "unknown-language"}


def test_a_fifo_without_extension_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "run", 0o755)
    assert skipped(corpus(tmp_path)) == {"run": "not-regular"}


def test_include_and_exclude_globs_are_counted(tmp_path: Path) -> None:
    plant(tmp_path, ["src/a.py", "src/gen/b.py", "src/c.go", "docs/d.py"])
    reader = corpus(tmp_path, include=["src/"], exclude=["gen/", "*.go"])
    assert analysable(reader) == ["src/a.py"]
    assert skipped(reader) == dict.fromkeys(["docs/d.py", "src/c.go", "src/gen/b.py"], "excluded")


def test_a_broken_glob_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--exclude"):
        corpus(tmp_path, exclude=["!"])


def test_an_unreadable_folder_is_in_the_ledger(tmp_path: Path) -> None:
    plant(tmp_path, ["closed/a.py", "open.py"])
    closed = tmp_path / "closed"
    closed.chmod(0)
    try:
        if os.access(closed, os.R_OK):
            pytest.skip("this user may read everything")
        assert skipped(corpus(tmp_path)) == {"closed/": "unreadable"}
    finally:
        closed.chmod(0o755)


def test_folders_deeper_than_the_recursion_limit_are_walked(tmp_path: Path) -> None:
    folders = ["d/" * depth for depth in range(1, 1101)]
    deepest = folders[-1]
    for folder in folders:
        (tmp_path / folder).mkdir()
    plant(tmp_path, [f"{deepest}a.py"])
    try:
        assert analysable(corpus(tmp_path)) == [f"{deepest}a.py"]
        git(tmp_path, "init")
        assert analysable(corpus(tmp_path)) == [f"{deepest}a.py"]
    finally:  # what pytest removes its folders with does recurse
        (tmp_path / f"{deepest}a.py").unlink()
        for folder in reversed(folders):
            (tmp_path / folder).rmdir()


def test_index_and_version_control_folders_are_not_entered(tmp_path: Path) -> None:
    plant(tmp_path, ["a.py", ".hg/b.py", ".svn/c.py", ".codesearch/d.py", "sub/.codesearch/e.py"])
    assert analysable(corpus(tmp_path)) == ["a.py"]


def test_a_file_that_is_listed_and_cannot_be_reached_is_skipped_as_unreadable(tmp_path: Path) -> None:
    here = os.open(plant(tmp_path / "root", ["near.py"]), os.O_RDONLY)
    length = len(os.fsencode(tmp_path / "root"))
    while length < 3900:  # a folder can just be opened, its file has a path of more than 4,096 bytes
        os.mkdir("d" * 60, dir_fd=here)
        inner = os.open("d" * 60, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here, length = inner, length + 61
    os.close(os.open("f" * 200 + ".py", os.O_CREAT, dir_fd=here))
    os.close(here)
    found = list(corpus(tmp_path / "root").files())
    assert [file.reason for file in found if isinstance(file, SkippedFile)] == ["unreadable"]
    assert len(found) == 2
