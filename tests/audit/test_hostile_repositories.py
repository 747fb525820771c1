"""No question that is put to git runs a program that the repository names."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from git_trees import commit, git, plant

from codesearch.audit.churn import recent_commits
from codesearch.audit.since import changed_lines
from codesearch.core.errors import InputError
from indexer.corpus.gitfiles import ignores_folder, list_files

SIGNATURES = ("PGP SIGNATURE", "SIGNED MESSAGE", "SSH SIGNATURE")

QUESTIONS: dict[str, Callable[[Path], object]] = {
    "list_files": lambda root: list_files(str(root)),
    "ignores_folder": lambda root: ignores_folder(str(root)),
    "recent_commits": recent_commits,
    "changed_lines": lambda root: changed_lines(root, "HEAD~2"),
}
PROGRAMS = (
    *("core.fsmonitor", "core.pager", "pager.log", "pager.diff", "core.editor", "core.askPass"),
    *("core.sshCommand", "core.gitProxy", "core.alternateRefsCommand", "credential.helper"),
    *("diff.external", "diff.any.command", "diff.any.textconv", "filter.any.clean", "filter.any.smudge"),
    *("filter.any.process", "gpg.program", "gpg.openpgp.program", "gpg.x509.program", "gpg.ssh.program"),
    *("gpg.ssh.defaultKeyCommand", "remote.origin.uploadpack", "uploadpack.packObjectsHook"),
)
HOOKS = ("post-index-change", "post-checkout", "reference-transaction", "pre-auto-gc", "fsmonitor-watchman")


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """What every program of the repository makes when it runs."""
    return tmp_path / "ran"


@pytest.fixture
def hostile(tmp_path: Path, mark: Path) -> Path:
    """A repository whose configuration, also that in another file and in hooks, names a program for all."""
    root = tmp_path / "repo"
    root.mkdir()
    git(root, "init")
    commit(root, {"a.py": "one\n"})
    for number, signature in enumerate(SIGNATURES):
        commit(root, {"a.py": f"{number}\n"})
        sign_head(root, signature)
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch '{mark}'\nexit 1\n")
    program.chmod(0o755)
    plant(root, {".git/more": "", ".git/info/attributes": "* filter=any diff=any\n", "a.py": "changed\n"})
    for key in PROGRAMS:
        git(root, "config", "--file", ".git/more", key, str(program))
    for command in ("log", "ls-files", "rev-parse", "diff-index", "config", "check-ignore", "merge-base"):
        git(root, "config", "--file", ".git/more", f"alias.{command}", f"!{program}")
    for hook in HOOKS:
        (root / ".git" / "hooks" / hook).symlink_to(program)
    plant(root, {".git/signers": "t@example.org ssh-ed25519 AAAA\n"})
    for key, value in (
        ("core.hooksPath", str(root / ".git" / "hooks")),
        ("gpg.ssh.allowedSignersFile", str(root / ".git" / "signers")),
        ("log.showSignature", "true"),
        ("include.path", "more"),
    ):
        git(root, "config", key, value)
    return root


@pytest.fixture
def older_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A git that fetches lost objects whatever it is told, as those before 2.45 do."""
    folder = tmp_path / "older"
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\nunset GIT_NO_LAZY_FETCH\nexec '{shutil.which('git')}' \"$@\"\n")
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def sign_head(root: Path, kind: str) -> None:
    """Replace the newest commit by one with a signature, which nobody has to have made."""
    head, _, rest = git(root, "cat-file", "commit", "HEAD").partition("\n\n")
    signature = f"gpgsig -----BEGIN {kind}-----\n \n AAAA\n -----END {kind}-----"
    plant(root, {".git/signed": f"{head}\n{signature}\n\n{rest}\n"})
    signed = git(root, "hash-object", "-t", "commit", "-w", ".git/signed")
    git(root, "update-ref", "HEAD", signed)


def lose_a_file(root: Path, mark: Path, url: str) -> None:
    """Make git take a missing file for one that the remote still has to send."""
    blob = git(root, "rev-parse", "HEAD~2:a.py")
    for key, value in (
        *(("core.repositoryFormatVersion", "1"), ("extensions.partialClone", "origin")),
        *(("remote.origin.promisor", "true"), ("remote.origin.url", url.format(mark=mark, root=root))),
        *(("protocol.ext.allow", "always"), ("protocol.file.allow", "always")),
    ):
        git(root, "config", key, value)
    (root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()


@pytest.mark.parametrize("question", QUESTIONS)
def test_nothing_that_the_configuration_names_is_run(hostile: Path, mark: Path, question: str) -> None:
    assert not mark.exists()
    QUESTIONS[question](hostile)
    assert not mark.exists()


def test_signed_commits_count_like_others(hostile: Path) -> None:
    assert recent_commits(hostile) == {"a.py": 4}


@pytest.mark.usefixtures("older_git")
@pytest.mark.parametrize("url", ["ext::touch {mark}", "file://{root}"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_nothing_is_fetched_by_a_transport_that_the_repository_allows(
    hostile: Path, mark: Path, question: str, url: str
) -> None:
    lose_a_file(hostile, mark, url)
    with suppress(InputError):  # what is missing cannot be compared
        QUESTIONS[question](hostile)
    assert not mark.exists()


def test_an_ordinary_look_at_that_repository_would_run_them(hostile: Path, mark: Path) -> None:
    git(hostile, "log", "-n3")
    assert mark.exists()
