"""Inside git work trees the files are those that git lists, and a hostile repository gets nothing to run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from trees import CODE, analysable, git, plant, skipped

from indexer.corpus.reader import FileCorpus


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    root.mkdir()
    git(root, "init")
    return root


def listed(root: Path) -> list[str]:
    return analysable(FileCorpus("c", root))


def test_tracked_and_untracked_but_not_ignored_files(repo: Path) -> None:
    plant(repo, {"tracked.py": CODE, "forced.py": CODE, "new.py": CODE, "ignored.py": CODE})
    plant(
        repo,
        {".gitignore": "ignored.py\nforced.py\n", ".git/info/exclude": "private.py\n", "private.py": CODE},
    )
    git(repo, "add", "tracked.py")
    git(repo, "add", "--force", "forced.py")
    assert listed(repo) == ["forced.py", "new.py", "tracked.py"]


def test_a_folder_of_a_work_tree_is_listed_relative_to_itself(repo: Path) -> None:
    plant(repo, {".gitignore": "*.go\n", "top.py": CODE, "sub/a.py": CODE, "sub/b.go": ""})
    assert listed(repo / "sub") == ["a.py"]


def test_our_own_ignore_file_counts_inside_git(repo: Path) -> None:
    plant(repo, {"d/.codesearchignore": "b.py\n", "d/a.py": CODE, "d/b.py": CODE, ".ignore": "d/a.py\n"})
    assert listed(repo) == ["d/a.py"]


def test_tracked_files_that_are_deleted_are_no_files(repo: Path) -> None:
    plant(repo, ["a.py", "b.py"])
    git(repo, "add", ".")
    (repo / "b.py").unlink()
    assert [file.path for file in FileCorpus("c", repo).files()] == ["a.py"]


def test_a_conflicted_file_is_seen_once(repo: Path) -> None:
    plant(repo, ["a.py"])
    git(repo, "add", ".")
    git(repo, "commit", "-m", "one")
    git(repo, "checkout", "-b", "other")
    plant(repo, {"a.py": "other = 1\n"})
    git(repo, "commit", "-am", "two")
    git(repo, "checkout", "-")
    plant(repo, {"a.py": "mine = 1\n"})
    git(repo, "commit", "-am", "three")
    with pytest.raises(Exception, match="merge"):
        git(repo, "merge", "other")
    assert listed(repo) == ["a.py"]


def test_a_submodule_is_one_skipped_entry(repo: Path, tmp_path: Path) -> None:
    inner = plant(tmp_path / "inner", ["lib.py"])
    git(inner, "init")
    git(inner, "add", ".")
    git(inner, "commit", "-m", "one")
    git(repo, "submodule", "add", str(inner), "sub")
    corpus = FileCorpus("c", repo)
    assert analysable(corpus) == []
    assert skipped(corpus)["sub"] == "submodule"
    assert listed(repo / "sub") == ["lib.py"]


def test_repositories_below_a_plain_folder_are_listed_by_git(repo: Path, tmp_path: Path) -> None:
    plant(repo, {".git/info/exclude": "private.py\n", "private.py": CODE, "a.py": CODE})
    plant(
        tmp_path,
        {"z.py": CODE, "a.py": CODE, ".codesearchignore": "repo/hidden/\n", "repo/hidden/h.py": CODE},
    )
    assert listed(tmp_path) == ["a.py", "repo/a.py", "z.py"]


def test_an_ignored_folder_that_the_user_names_is_read(repo: Path) -> None:
    plant(repo, {".gitignore": "data/\n", "data/corpus/a.py": CODE})
    corpus = FileCorpus("c", repo / "data" / "corpus")
    assert analysable(corpus) == ["a.py"]
    assert corpus.notes == ("ignored-by-git:./",)


def test_a_broken_repository_is_walked_and_said_so(repo: Path) -> None:
    plant(repo, {".gitignore": "b.py\n", "a.py": CODE, "b.py": CODE})
    (repo / ".git" / "HEAD").write_text("nonsense")
    shutil.rmtree(repo / ".git" / "objects")
    corpus = FileCorpus("c", repo)
    assert analysable(corpus) == ["a.py"]
    assert corpus.notes == ("git-unavailable:./",)


def test_without_git_the_tree_is_walked_and_said_so(
    repo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plant(repo, {".gitignore": "b.py\n", "a.py": CODE, "b.py": CODE})
    monkeypatch.setenv("PATH", str(tmp_path))
    corpus = FileCorpus("c", repo)
    assert analysable(corpus) == ["a.py"]
    assert corpus.notes == ("git-unavailable:./",)


def test_variables_of_a_running_hook_do_not_name_another_repository(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = plant(tmp_path / "other", ["b.py"])
    git(other, "init")
    plant(repo, ["a.py"])
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    assert listed(repo) == ["a.py"]


def test_a_monitor_that_the_repository_configures_is_not_run(repo: Path, tmp_path: Path) -> None:
    script = tmp_path / "monitor"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    script.chmod(0o755)
    git(repo, "config", "core.fsmonitor", str(script))
    plant(repo, ["a.py"])
    assert listed(repo) == ["a.py"]
    assert not (tmp_path / "ran").exists()


def test_tracked_files_below_a_folder_that_became_a_link_are_not_followed(repo: Path, tmp_path: Path) -> None:
    plant(tmp_path / "outside", ["a.py"])
    plant(repo, ["d/a.py"])
    git(repo, "add", ".")
    shutil.rmtree(repo / "d")
    (repo / "d").symlink_to(tmp_path / "outside")
    corpus = FileCorpus("c", repo)
    assert analysable(corpus) == []
    assert skipped(corpus) == {"d": "symlink"}
