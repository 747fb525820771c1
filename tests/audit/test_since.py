"""``--since`` finds what a change touches, whatever git's settings and the repository say."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from audit_reports import clone_class, member
from git_trees import commit, git, plant

from codesearch.audit.since import ChangedLines, changed_lines, restrict
from codesearch.core.audit import Member
from codesearch.core.errors import EnvironmentFailure, InputError
from codesearch.core.results import Place

TEN = "".join(f"line {number}\n" for number in range(1, 11))


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    root.mkdir()
    git(root, "init")
    commit(root, {"a.py": TEN, "b.py": TEN})
    return root


def place(path: str, first: int, last: int, corpus: str = "corpus") -> Member:
    return member(path, place=Place(corpus, path, first, last))


def touched(changes: ChangedLines, path: str, count: int = 12) -> list[int]:
    """The lines of a file that are changed, of the first ``count``."""
    return [line for line in range(1, count + 1) if changes.touch(place(path, line, line))]


def error_of(root: Path, revision: str) -> str:
    with pytest.raises(InputError) as caught:
        changed_lines(root, revision)
    assert caught.value.hint
    return str(caught.value)


def test_nothing_is_changed_since_head(repo: Path) -> None:
    assert changed_lines(repo, "HEAD").files == {}


def test_committed_staged_and_unstaged_lines_count_alike(repo: Path) -> None:
    git(repo, "checkout", "-b", "work")
    commit(repo, {"a.py": TEN.replace("line 2\n", "two\n")})
    plant(repo, {"a.py": (repo / "a.py").read_text().replace("line 5\n", "five\n")})
    git(repo, "add", ".")
    plant(repo, {"a.py": (repo / "a.py").read_text() + "eleven\n"})
    changes = changed_lines(repo, "main")
    assert touched(changes, "a.py") == [2, 5, 11]
    assert touched(changes, "b.py") == []


def test_what_others_did_on_the_base_branch_since_does_not_count(repo: Path) -> None:
    git(repo, "checkout", "-b", "work")
    commit(repo, {"a.py": TEN + "mine\n"})
    git(repo, "checkout", "main")
    commit(repo, {"b.py": TEN + "theirs\n"})
    git(repo, "checkout", "work")
    assert changed_lines(repo, "main").files.keys() == {"a.py"}


def test_a_deletion_touches_what_it_was_cut_out_of_and_not_its_neighbours(repo: Path) -> None:
    plant(repo, {"a.py": TEN.replace("line 5\n", "")})
    changes = changed_lines(repo, "HEAD")
    assert changes.touch(place("a.py", 4, 5))
    assert changes.touch(place("a.py", 1, 9))
    assert not changes.touch(place("a.py", 1, 4))
    assert not changes.touch(place("a.py", 5, 9))


def test_untracked_files_are_changed_entirely_and_ignored_ones_are_not(repo: Path) -> None:
    plant(repo, {".gitignore": "out/\n", "new.py": TEN, "out/made.py": TEN, "empty.py": ""})
    changes = changed_lines(repo, "HEAD")
    assert touched(changes, "new.py") == list(range(1, 13))
    assert "out/made.py" not in changes.files


def test_an_untracked_repository_inside_is_left_out(repo: Path) -> None:
    plant(repo, {"inner/x.py": TEN})
    git(repo / "inner", "init")
    assert changed_lines(repo, "HEAD").files == {}


def test_only_the_edited_lines_of_a_renamed_file_are_changed(repo: Path) -> None:
    git(repo, "mv", "a.py", "moved.py")
    plant(repo, {"moved.py": TEN.replace("line 9", "nine")})
    changes = changed_lines(repo, "HEAD")
    assert touched(changes, "moved.py") == [9]
    assert "a.py" not in changes.files


def test_paths_are_relative_to_a_corpus_that_is_a_folder_of_the_repository(repo: Path) -> None:
    git(repo, "rm", "b.py")
    commit(repo, {"lib/sub/c.py": TEN, "library/d.py": TEN})
    plant(repo, {"lib/sub/c.py": TEN + "x\n", "lib/new.py": TEN, "library/d.py": TEN + "x\n", "top.py": TEN})
    (repo / "a.py").rename(repo / "lib" / "a.py")
    git(repo, "add", "--all", "lib/a.py", "a.py")
    changes = changed_lines(repo / "lib", "HEAD")
    assert changes.files.keys() == {"sub/c.py", "new.py"}
    assert touched(changes, "sub/c.py") == [11]


def test_what_git_does_not_compare_by_lines_is_changed_entirely(repo: Path) -> None:
    commit(repo, {"wide.cs": TEN.encode("utf-16"), "x b/x and b": TEN, ".gitattributes": "b.py -diff\n"})
    wide = TEN.replace("line 9", "nine").encode("utf-16")
    plant(repo, {"wide.cs": wide, "x b/x and b": b"\0", "b.py": TEN + "x\n", "a.py": TEN + "x\ry\n"})
    changes = changed_lines(repo, "HEAD")
    for path in ("wide.cs", "x b/x and b", "b.py", "a.py"):
        assert touched(changes, path, 3) == [1, 2, 3]


def test_both_sides_of_a_conflict_are_changed_lines(repo: Path) -> None:
    git(repo, "checkout", "-b", "work")
    commit(repo, {"a.py": TEN.replace("line 5", "ours")})
    git(repo, "checkout", "-b", "other", "main")
    commit(repo, {"a.py": TEN.replace("line 5", "theirs")})
    with pytest.raises(subprocess.CalledProcessError):
        git(repo, "merge", "work")
    assert touched(changed_lines(repo, "main"), "a.py") == [5, 6, 7, 8, 9]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("with space.py", "with space.py"),
        ("ümlaut.py", "ümlaut.py"),
        ('q"uo\\te\t.py', 'q"uo\\te%09.py'),
        ("new\nline.py", "new%0Aline.py"),
        ("bytes\udcff.py", "bytes%FF.py"),
        ("a b/a b.py", "a b/a b.py"),
        ("+++ b.py", "+++ b.py"),
    ],
)
@pytest.mark.parametrize("tracked", [True, False])
def test_names_are_those_of_the_index(repo: Path, name: str, shown: str, tracked: bool) -> None:
    path = os.fsencode(repo / name)
    os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(TEN.encode())
    if tracked:
        commit(repo)
        with open(path, "ab") as file:  # noqa: PTH123
            file.write(b"more\n")
    changes = changed_lines(repo, "HEAD")
    assert changes.files.keys() == {shown}
    assert touched(changes, shown, 11) == ([11] if tracked else list(range(1, 12)))


def test_no_content_of_a_file_can_look_like_a_header(repo: Path) -> None:
    forged = "\n".join(
        [
            *(
                "diff --git a/b.py b/b.py",
                "--- a/b.py",
                "+++ b/b.py",
                "@@ -1,0 +1,10 @@",
                "Binary files a and b",
            ),
            *("* Unmerged path b.py", "rename to b.py", "\\ No newline at end of file", "last line"),
        ]
    )
    plant(repo, {"a.py": forged})
    changes = changed_lines(repo, "HEAD")
    assert changes.files.keys() == {"a.py"}
    assert touched(changes, "a.py") == list(range(1, 10))


@pytest.mark.parametrize(
    "setting",
    [
        *("diff.noprefix true", "diff.mnemonicPrefix true", "color.ui always", "color.diff always"),
        *("diff.renames false", "diff.context 9", "diff.interHunkContext 9", "core.quotePath false"),
        *("diff.algorithm patience", "diff.relative true", "diff.wsErrorHighlight all", "core.pager cat"),
        *("status.showUntrackedFiles no", "diff.statGraphWidth 5", "diff.orderFile /nowhere"),
    ],
)
def test_settings_of_the_repository_change_nothing(repo: Path, setting: str) -> None:
    git(repo, "config", *setting.split(" "))
    git(repo, "mv", "b.py", "c.py")
    plant(repo, {"a.py": TEN.replace("line 2\n", "").replace("line 9", "nine"), "new.py": TEN})
    changes = changed_lines(repo, "HEAD")
    assert changes.files.keys() == {"a.py", "new.py"}
    assert touched(changes, "a.py") == [8]


def test_nothing_that_the_repository_configures_is_run(repo: Path, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\ncat\n")
    script.chmod(0o755)
    commit(repo, {"c.py": TEN})
    plant(
        repo,
        {
            ".git/info/attributes": "a.py filter=one\nb.py filter=two=x\nc.py diff=three\n",
            "a.py": TEN + "x\n",
            "b.py": TEN + "x\n",
            "c.py": TEN + "x\n",
        },
    )
    for key in (
        *("filter.one.clean", "filter.one.smudge", "filter.two=x.process", "diff.three.command"),
        *("diff.three.textconv", "diff.external", "core.fsmonitor", "core.pager", "core.sshCommand"),
    ):
        git(repo, "config", key, str(script))
    for key in ("filter.one.required", "filter.two=x.required"):
        git(repo, "config", key, "true")
    plant(repo, {".git/hooks/post-index-change": script.read_text()})
    (repo / ".git/hooks/post-index-change").chmod(0o755)
    changes = changed_lines(repo, "HEAD")
    assert not (tmp_path / "ran").exists()
    assert changes.files.keys() == {"a.py", "b.py", "c.py"}
    assert all(touched(changes, path) == [11] for path in changes.files)


def test_submodules_have_no_changes_and_their_settings_are_not_used(repo: Path, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    git(inner, "init")
    commit(inner, {"lib.py": TEN})
    git(repo, "submodule", "add", str(inner), "sub")
    commit(repo)
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    script.chmod(0o755)
    git(repo / "sub", "config", "core.fsmonitor", str(script))
    plant(repo, {"sub/lib.py": TEN + "x\n"})
    assert changed_lines(repo, "HEAD").files == {}
    assert not (tmp_path / "ran").exists()


def test_variables_of_a_running_hook_do_not_name_another_repository(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
    plant(repo, {"a.py": TEN + "x\n"})
    assert touched(changed_lines(repo, "HEAD"), "a.py") == [11]


@pytest.mark.parametrize(
    "revision", ["nowhere", "", "--output=x", "-p", "main..HEAD", "HEAD~99", "a\0b", "v1\n", "HEAD:a.py"]
)
def test_an_unknown_revision_is_one_clear_error(repo: Path, revision: str) -> None:
    assert "unknown revision" in error_of(repo, revision)
    assert not (repo / "x").exists()


@pytest.mark.parametrize("revision", ["HEAD", "main", "HEAD~0", "v1.0", "refs/heads/main"])
def test_branches_tags_and_commits_are_revisions(repo: Path, revision: str) -> None:
    git(repo, "tag", "-a", "v1.0", "-m", "v")
    assert changed_lines(repo, revision).files == {}


def test_a_folder_without_git_is_one_clear_error(tmp_path: Path) -> None:
    assert "no git work tree" in error_of(tmp_path, "main")


@pytest.mark.parametrize("hash_", ["sha1", "sha256"])
def test_before_the_first_commit_everything_is_changed_since_head(tmp_path: Path, hash_: str) -> None:
    git(tmp_path, "init", f"--object-format={hash_}")
    plant(tmp_path, {".gitignore": "out/\n", "out/made.py": TEN, "lib/staged.py": TEN, "lib/new.py": TEN})
    git(tmp_path, "add", "lib/staged.py")
    changes = changed_lines(tmp_path, "HEAD")
    assert changes.files.keys() == {".gitignore", "lib/staged.py", "lib/new.py"}
    assert touched(changes, "lib/staged.py", 10) == touched(changes, "lib/new.py", 10) == list(range(1, 11))
    assert changed_lines(tmp_path / "lib", "HEAD").files.keys() == {"staged.py", "new.py"}


def test_before_the_first_commit_any_other_revision_is_unknown(tmp_path: Path) -> None:
    git(tmp_path, "init")
    assert "unknown revision" in error_of(tmp_path, "main")


def test_a_broken_repository_is_one_clear_error(tmp_path: Path) -> None:
    git(tmp_path, "init")
    (tmp_path / ".git" / "HEAD").write_text("nonsense")
    assert "no git work tree" in error_of(tmp_path, "HEAD")


def test_a_folder_that_git_ignores_is_one_clear_error(repo: Path) -> None:
    plant(repo, {".gitignore": "data/\n", "data/a.py": TEN})
    assert "git ignores" in error_of(repo / "data", "HEAD")


def test_a_shallow_clone_that_ends_too_early_says_how_deep_to_fetch(repo: Path, tmp_path: Path) -> None:
    git(repo, "checkout", "-b", "work")
    commit(repo, {"a.py": TEN + "x\n"})
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--depth", "1", "--no-single-branch", repo.as_uri(), str(clone))
    for revision in ("origin/main", "HEAD~1"):
        assert "fetch-depth: 0" in error_of(clone, revision)


def test_unrelated_histories_have_no_merge_base(repo: Path) -> None:
    git(repo, "checkout", "--orphan", "other")
    commit(repo, {"c.py": TEN})
    assert "no merge base" in error_of(repo, "main")


def test_lost_objects_are_one_clear_error(repo: Path) -> None:
    blob = git(repo, "rev-parse", "HEAD:a.py")
    (repo / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    plant(repo, {"a.py": TEN + "x\n"})
    assert "cannot compare" in error_of(repo, "HEAD")


def test_without_git_the_environment_is_at_fault(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentFailure, match="install git"):
        changed_lines(repo, "HEAD")


def test_classes_without_a_changed_member_are_left_out_and_changed_members_are_new(repo: Path) -> None:
    plant(repo, {"a.py": TEN.replace("line 5", "five")})
    changed = {"corpus": changed_lines(repo, "HEAD")}
    known = clone_class(1, place("b.py", 1, 9), place("a.py", 7, 9))
    grown = clone_class(2, place("a.py", 4, 6), place("a.py", 8, 9), place("a.py", 4, 6, corpus="other"))
    [left] = restrict([known, grown], changed)
    assert left.id == grown.id
    assert left.new
    assert [one.new for one in left.members] == [True, False, False]
