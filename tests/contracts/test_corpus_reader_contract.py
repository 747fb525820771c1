"""The contract of :class:`codesearch.core.protocols.CorpusReader`, over every kind of corpus."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from codesearch.core.protocols import CorpusReader, SkippedFile, SourceFile
from codesearch.core.types import Role
from indexer.corpus.reader import FileCorpus

FILES = {
    "z.py": "x = 1\n",
    "a/deep/er/Main.java": "class Main { }\n",
    "a/b.py": "y = 2\n",
    "a-b.py": "the hyphen sorts before the slash\n",
    "tests/test_a.py": "assert True\n",
    "notes.txt": "no code\n",
    "a/empty.py": "",
}


def plant(root: Path) -> None:
    for name, content in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    (root / "link.py").symlink_to("z.py")


def folder(root: Path) -> CorpusReader:
    plant(root)
    return FileCorpus("c", root)


def git_tree(root: Path) -> CorpusReader:
    plant(root)
    environment = {"PATH": os.environ["PATH"], "HOME": str(root), "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", "init", "-q"], cwd=root, check=True, env=environment)
    return FileCorpus("c", root)


def single_file(root: Path) -> CorpusReader:
    plant(root)
    return FileCorpus("c", root / "a" / "b.py")


def empty(root: Path) -> CorpusReader:
    return FileCorpus("c", root)


every_reader = pytest.mark.parametrize("make", [folder, git_tree, single_file, empty])
Make = Callable[[Path], CorpusReader]


@every_reader
def test_every_file_comes_once_and_in_path_order(make: Make, tmp_path: Path) -> None:
    paths = [file.path for file in make(tmp_path).files()]
    assert paths == sorted(set(paths))


@every_reader
def test_a_second_listing_says_the_same(make: Make, tmp_path: Path) -> None:
    reader = make(tmp_path)
    assert list(reader.files()) == list(reader.files())


@every_reader
def test_files_are_where_they_say_and_as_large(make: Make, tmp_path: Path) -> None:
    reader = make(tmp_path)
    for file in reader.files():
        status = (reader.root / file.path).lstat()
        assert (file.size, file.modified_ns) == (status.st_size, status.st_mtime_ns)
        if isinstance(file, SourceFile):
            assert file.absolute == reader.root / file.path
            assert file.known_hash is None
        else:
            assert file.reason


@every_reader
def test_listing_opens_no_file(make: Make, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        unreadable = tmp_path / "pipe.py"
        os.mkfifo(unreadable)  # opening it would wait for a writer for ever
    reader = make(tmp_path)
    assert all(file.path != "pipe.py" or isinstance(file, SkippedFile) for file in reader.files())


@pytest.mark.parametrize("make", [folder, git_tree])
def test_code_is_a_source_with_language_and_role_and_the_rest_is_skipped(make: Make, tmp_path: Path) -> None:
    files = {file.path: file for file in make(tmp_path).files()}
    sources = {path: file for path, file in files.items() if isinstance(file, SourceFile)}
    assert set(files) - set(sources) == {"notes.txt", "link.py"}
    assert sources["a/deep/er/Main.java"].language == "java"
    assert sources["tests/test_a.py"].role is Role.TEST
    assert sources["z.py"].role is Role.SOURCE


@every_reader
def test_an_undisturbed_listing_leaves_no_notes(make: Make, tmp_path: Path) -> None:
    reader = make(tmp_path)
    list(reader.files())
    assert reader.notes == ()
