"""Real git repositories for tests, whatever the settings of the user who runs them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path


def git(folder: Path, *arguments: str) -> str:
    """What a git command writes to standard output, without the spaces around it."""
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
    always = ("-c", "protocol.file.allow=always")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(
        ["git", *identity, *always, *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        env=environment,
        text=True,
    ).stdout.strip()


def plant(root: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files below a folder."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


def commit(root: Path, files: Mapping[str, str | bytes] | None = None) -> None:
    """Write files and commit all that there is, or nothing."""
    plant(root, files or {})
    git(root, "add", "--all")
    git(root, "commit", "--allow-empty", "-m", "c")
