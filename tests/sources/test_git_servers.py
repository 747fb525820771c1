"""``codesearch index`` over servers of git, as its user runs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import call, unique
from git_servers import git_over_http, self_signed, ssh_without_network
from git_trees import commit, git


@pytest.fixture
def served(user: Path) -> Path:
    """A folder with the bare repository ``app.git``."""
    (user / "work").mkdir()
    git(user / "work", "init")
    commit(user / "work", {"a.py": unique(1), "lib/b.py": unique(2)})
    (user / "served").mkdir()
    git(user / "served", "clone", "--quiet", "--bare", str(user / "work"), "app.git")
    return user / "served"


def failed(url: str) -> str:
    done = call("index", url, "--no-embed")
    assert done.code == 3, done.err
    return done.error


def push(served: Path) -> None:
    """One more file in the repository that is served."""
    commit(served.parent / "work", {"c.py": unique(3)})
    git(served.parent / "work", "push", "--quiet", str(served / "app.git"), "HEAD")


@pytest.fixture
def certificate(served: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a server that git trusts."""
    pytest.importorskip("cryptography")
    made = self_signed(served.parent)
    monkeypatch.setenv("GIT_SSL_CAINFO", str(made))
    return made


@pytest.mark.enable_socket
def test_repository_comes_over_https_from_a_server_that_is_vouched_for(
    served: Path, certificate: Path
) -> None:
    with git_over_http(served, certificate) as address:
        url = f"{address}/app.git"
        assert call("index", url, "--no-embed", "--json").document["files"]["analysed"] == 2
        push(served)
        document = call("index", url, "--no-embed", "--json").document
    assert (document["files"]["analysed"], document["parsed"]) == (3, 1)
    [corpus] = call("status", "--json").document["corpora"]
    assert corpus["origin"] == url


@pytest.mark.enable_socket
def test_certificate_that_nobody_vouches_for_is_one_clear_line(served: Path) -> None:
    pytest.importorskip("cryptography")
    with git_over_http(served, self_signed(served.parent)) as address:
        assert "certificate" in failed(f"{address}/app.git")


@pytest.mark.enable_socket
def test_server_that_asks_who_one_is_gets_no_answer_and_no_prompt(served: Path, certificate: Path) -> None:
    with git_over_http(served, certificate, user="somebody") as address:
        assert "use git's credential helper or an ssh key" in failed(f"{address}/app.git")


@pytest.mark.enable_socket
def test_repository_that_the_server_lacks_is_one_clear_line(served: Path, certificate: Path) -> None:
    with git_over_http(served, certificate) as address:
        assert "not found" in failed(f"{address}/other.git")


@pytest.mark.parametrize("form", ["ssh://somebody@host{path}", "somebody@host:{path}"])
def test_repository_comes_over_ssh(served: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh_without_network(served.parent)))
    url = form.format(path=served / "app.git")
    assert call("index", url, "--no-embed", "--json").document["files"]["analysed"] == 2
    push(served)
    assert call("index", url, "--no-embed", "--json").document["files"]["analysed"] == 3
    calls = (served.parent / "calls.txt").read_text()
    assert "somebody@host git-upload-pack" in calls


def test_ssh_that_is_refused_is_one_clear_line(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = user / "refused"
    program.write_text("#!/bin/sh\necho 'somebody@host: Permission denied (publickey).' >&2\nexit 255\n")
    program.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(program))
    assert "use git's credential helper or an ssh key" in failed("somebody@host:app.git")
