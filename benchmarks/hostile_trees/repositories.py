"""Broken repositories, submodules, and ignore files that are huge, invalid or made to backtrack."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.hostile_trees.case import FIRST, HEALTHY, CannotPlant, HostileCase, skipped

_BACKTRACKING = (
    "*a" * 40 + "b",
    "**/" * 40 + "x",
    "a*" * 30 + "[b]",
    "[" + "a-" * 500 + "z]",
    "*" * 3000 + "b",
    "(" * 500,
)
_INVALID = (
    *(
        "[",
        "[!",
        "[]",
        "[a-\\]]",
        "[z-a]",
        "[[:nothing:]]",
        "\\",
        "!",
        "/",
        "//",
        "a\\",
        "[^",
        "{",
        "\0",
        "[[a]",
    ),
    *("!" * 50, "/**/**/", " ", "\t", "\ufeff#", "\x85", "[\\]", "(?P<", "(?i)", "+", "$^", "\ud800"),
)


def git(folder: Path, *words: str) -> None:
    """A command of git, whatever the settings of the user.

    Raises:
        CannotPlant: There is no git.
    """
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always")
    try:
        subprocess.run(
            ("git", *identity, *words), cwd=folder, env=environment, check=True, capture_output=True
        )
    except FileNotFoundError as error:
        raise CannotPlant("there is no git") from error


def _repository(root: Path) -> None:
    git(root, "init", "-q")
    git(root, "add", "--all")
    git(root, "commit", "-q", "-m", "c")


def _text(root: Path, path: str, content: str | bytes) -> None:
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))


def _broken(root: Path, path: str, content: bytes) -> None:
    """A repository of which one file is not what it was."""
    _repository(root)
    _text(root, path, content)


def _empty_git(root: Path) -> None:
    (root / ".git").mkdir()


def _git_file(root: Path, content: str) -> None:
    _text(root, ".git", content)


def _git_link(root: Path, target: str) -> None:
    (root / ".git").symlink_to(target)


def _git_fifo(root: Path) -> None:
    os.mkfifo(root / ".git")


def _gone_objects(root: Path) -> None:
    _repository(root)
    for path in sorted((root / ".git" / "objects").rglob("*")):
        if path.is_file():
            path.unlink()


def _locked(root: Path) -> None:
    _repository(root)
    for name in ("index.lock", "HEAD.lock", "config.lock", "shallow.lock"):
        _text(root, f".git/{name}", "")


def _programs(root: Path) -> None:
    """A configuration that names a program for everything; running one leaves a file, which would be seen."""
    _repository(root)
    _text(root, ".git/owned.sh", f"#!/bin/sh\ncp '{root / FIRST}' '{root}/owned.py'\n")
    (root / ".git" / "owned.sh").chmod(0o755)
    program = f'"{root / ".git" / "owned.sh"}"'
    keys = "".join(
        f"\t{key} = {program}\n" for key in ("fsmonitor", "pager", "editor", "sshCommand", "askPass")
    )
    config = root / ".git" / "config"
    config.write_text(
        f'{config.read_text()}[core]\n{keys}[filter "x"]\n\tclean = {program}\n\tsmudge = {program}\n'
    )
    _text(root, ".git/info/attributes", "* filter=x\n")


def _work_tree_elsewhere(root: Path) -> None:
    _repository(root)
    git(root, "config", "core.worktree", "/etc")


def _nested(root: Path) -> None:
    """Repositories in a repository: git lists their folders, and not what they hold."""
    for name in ("inner", "other"):
        _text(root, f"{name}/inside.py", HEALTHY)
        _repository(root / name)
    git(root, "init", "-q")


def _submodule(root: Path) -> None:
    origin = root.with_name(f"{root.name}-origin")
    _text(origin, "inside.py", HEALTHY)
    _repository(origin)
    _repository(root)
    git(root, "submodule", "add", "-q", str(origin), "module")


def _listed_outside(root: Path) -> None:
    """An index that lists what lies behind a link, and files that are gone."""
    for path in ("gone.py", "folder/moved.py"):
        _text(root, path, HEALTHY)
    _repository(root)
    (root / "gone.py").unlink()
    (root / "folder" / "moved.py").unlink()
    (root / "folder").rmdir()
    (root / "folder").symlink_to("/etc")


def _ignore(root: Path, content: str | bytes | Callable[[], str], *, tracked: bool) -> None:
    text = content() if callable(content) else content
    for name in (".gitignore", ".ignore", ".codesearchignore"):
        _text(root, name, text)
    if tracked:
        git(root, "init", "-q")


def _special_ignores(root: Path) -> None:
    os.mkfifo(root / ".gitignore")
    (root / ".ignore").symlink_to("/dev/zero")
    (root / ".codesearchignore").symlink_to(".codesearchignore")
    (root / ".gitattributes").symlink_to("/dev/zero")


def _attributes(root: Path) -> None:
    _text(
        root,
        ".gitattributes",
        "* working-tree-encoding=UTF-16 filter=none diff=none text eol=crlf\n" * 20_000,
    )
    git(root, "init", "-q")


_IGNORE_FILES = (".codesearchignore", ".gitignore", ".ignore")


def _broken_case(name: str, path: str, content: bytes) -> HostileCase:
    return HostileCase(
        f"git-broken-{name}", f"a repository with {path} broken", partial(_broken, path=path, content=content)
    )


def _ignore_case(
    name: str, planted: str, content: str | bytes | Callable[[], str], *, tracked: bool
) -> HostileCase:
    where = " in a repository" if tracked else ""
    return HostileCase(
        f"ignore-{name}{'-in-git' if tracked else ''}",
        f"{planted}{where}",
        partial(_ignore, content=content, tracked=tracked),
        skipped("not-code", *_IGNORE_FILES),
    )


CASES = (
    HostileCase("git-empty", "an empty .git", _empty_git),
    HostileCase(
        "git-file-nowhere", ".git that points nowhere", partial(_git_file, content="gitdir: /nonexistent\n")
    ),
    HostileCase(
        "git-file-itself", ".git that points to itself", partial(_git_file, content="gitdir: .git\n")
    ),
    HostileCase("git-file-noise", ".git of noise", partial(_git_file, content="\x00\xff" * 5000)),
    HostileCase("git-link-loop", ".git that is a link to itself", partial(_git_link, target=".git")),
    HostileCase("git-link-outside", ".git that is a link to /etc", partial(_git_link, target="/etc")),
    HostileCase("git-fifo", ".git that is a FIFO", _git_fifo),
    _broken_case("head", ".git/HEAD", b"\xff\xfe nonsense"),
    _broken_case("index", ".git/index", b"DIRC\0\0\0\2\xff\xff\xff\xff" + b"\0" * 100),
    _broken_case("index-cut", ".git/index", b"DI"),
    _broken_case("config", ".git/config", b"[core\n\x00 = \xff"),
    _broken_case("format", ".git/config", b"[core]\n\trepositoryformatversion = 99\n"),
    _broken_case("include", ".git/config", b"[include]\n\tpath = config\n[core]\n\tbare = false\n"),
    HostileCase("git-objects-gone", "a repository without its objects", _gone_objects),
    HostileCase("git-locked", "a repository with every lock taken", _locked),
    HostileCase("git-programs", "a repository that names programs to run", _programs),
    HostileCase("git-work-tree-elsewhere", "a repository whose work tree is /etc", _work_tree_elsewhere),
    HostileCase(
        "git-nested", "repositories in a repository", _nested, skipped("submodule", "inner", "other")
    ),
    HostileCase(
        "git-submodule",
        "a submodule",
        _submodule,
        skipped("submodule", "module") | skipped("not-code", ".gitmodules"),
    ),
    HostileCase(
        "git-index-lies",
        "an index that lists what is gone or behind links",
        _listed_outside,
        skipped("symlink", "folder"),
    ),
    *(
        _ignore_case(name, planted, content, tracked=tracked)
        for tracked in (False, True)
        for name, planted, content in (
            ("backtracking", "patterns made to backtrack", "\n".join(_BACKTRACKING)),
            ("invalid", "patterns that are none", "\n".join(_INVALID)),
            ("huge", "2 MB of patterns", lambda: "".join(f"none_{n}/**/x_{n}.py\n" for n in range(60_000))),
            ("long-line", "a pattern of a megabyte", "x" * 1_000_000),
            ("noise", "bytes that are no text", b"\xff\xfe\0*\0\n\0" * 1000),
        )
    ),
    HostileCase(
        "ignore-special",
        "ignore files that are a FIFO and links",
        _special_ignores,
        skipped("not-regular", ".gitignore")
        | skipped("symlink", ".ignore", ".codesearchignore", ".gitattributes"),
    ),
    HostileCase(
        "git-attributes",
        "20,000 lines of attributes",
        _attributes,
        skipped("not-code", ".gitattributes"),
    ),
)
