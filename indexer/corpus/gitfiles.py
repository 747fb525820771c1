"""The files that git lists, asked of git itself in a way that a hostile repository cannot use.

Listing opens no object, runs no filter and writes no index; the settings below switch off what is left that a
repository's own configuration could start: file-system monitors, hooks, signature checks, transports. With
these off, the check who owns the repository (``safe.directory``) protects nothing and would only make shared
checkouts unreadable.
"""

from __future__ import annotations

import os
import subprocess

TIMEOUT = 120.0  # seconds; a bound for what a repository's configuration can point git at, such as a FIFO
HARDENED = (
    "git",
    "--no-pager",
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "log.showSignature=false"),
    *("-c", "gpg.program=/bin/false"),
    *("-c", "gpg.openpgp.program=/bin/false"),
    *("-c", "gpg.x509.program=/bin/false"),
    *("-c", "gpg.ssh.program=/bin/false"),
    *("-c", "safe.directory=*"),
)
"""How every call of git begins."""


class GitUnavailable(Exception):
    """Git is not installed, or cannot read this repository."""


def in_work_tree(folder: str) -> bool:
    """Whether ``folder`` (absolute) or one above it holds a ``.git``; costs no process."""
    while True:
        if os.path.lexists(f"{folder}/.git"):
            return True
        parent = os.path.dirname(folder)  # noqa: PTH120  (names may hold surrogates; Path costs 10 times as much)
        if parent == folder:
            return False
        folder = parent


def ignores_folder(folder: str) -> bool:
    """Whether the work tree around ``folder`` ignores it as a whole, so that git would list nothing of it.

    Raises:
        GitUnavailable: Git cannot say.
    """
    answer = _git(folder, "check-ignore", "--quiet", ".")
    if answer.returncode not in {0, 1}:
        raise GitUnavailable
    return answer.returncode == 0


def list_files(folder: str) -> list[str]:
    """What ``git ls-files`` lists below ``folder``: tracked files and untracked ones that are not ignored.

    Returns:
        Paths relative to ``folder``, each once, unordered. Submodules and other repositories inside are
        listed as their folder; a tracked file that is deleted in the work tree is still listed.

    Raises:
        GitUnavailable: Git is missing, broken here, or takes longer than :data:`TIMEOUT`.
    """
    answer = _git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if answer.returncode != 0:
        raise GitUnavailable
    names = {os.fsdecode(name).rstrip("/") for name in answer.stdout.split(b"\0") if name}
    return [name for name in names if _stays_inside(name)]


def _git(folder: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603  (fixed arguments; the folder is only the working directory)
            (*HARDENED, *arguments),
            cwd=folder,
            env=hardened_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        raise GitUnavailable from None


def hardened_environment() -> dict[str, str]:
    """The user's environment without ``GIT_*``, which inside a hook names another repository or index."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        # Git before 2.45 does not know that and asks a remote of the repository's choice for lost objects. No
        # protocol is allowed for it; protocol.allow would not do, for a protocol.NAME.allow beats that.
        "GIT_ALLOW_PROTOCOL": "",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }


def _stays_inside(name: str) -> bool:
    """A crafted index can hold any path."""
    return not name.startswith("/") and ".." not in name.split("/")
