"""Small file trees, git repositories and listings for the corpus tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from codesearch.core.protocols import SkippedFile
from indexer.corpus.reader import FileCorpus

CODE = "def f():\n    return 1\n"


def plant(root: Path, files: Mapping[str, str | bytes] | list[str]) -> Path:
    """Write files below a folder; names alone get a line of code."""
    contents = files if isinstance(files, Mapping) else dict.fromkeys(files, CODE)
    for name, content in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def git(root: Path, *arguments: str) -> None:
    """Run git as nobody in particular, without the settings of whoever runs the tests."""
    subprocess.run(
        [
            "git",
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.org",
            "-c",
            "protocol.file.allow=always",
            *arguments,
        ],
        cwd=root,
        check=True,
        capture_output=True,
        env={"PATH": os.environ["PATH"], "HOME": str(root), "GIT_CONFIG_NOSYSTEM": "1"},
    )


def analysable(corpus: FileCorpus) -> list[str]:
    """Paths that would be parsed, in the order of the reader."""
    return [file.path for file in corpus.files() if not isinstance(file, SkippedFile)]


def skipped(corpus: FileCorpus) -> dict[str, str]:
    """Reasons by path."""
    return {file.path: file.reason for file in corpus.files() if isinstance(file, SkippedFile)}
