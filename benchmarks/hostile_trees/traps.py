"""Files that a tool may take for its own settings: endpoints, keys, paths outside, and modules to import."""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path

from benchmarks.hostile_trees.case import HEALTHY, HostileCase, skipped

_SETTINGS = """\
[judge]
kind = "llm"
base_url = "http://127.0.0.1:1/v1"
api_key = "stolen"
model = "theirs"
[audit]
webhook = "http://127.0.0.1:1/hook"
[index]
dir = "/nonexistent/outside"
[fragments]
min_lines = 1000000
min_tokens = 1000000
[parsing]
timeout_seconds = 0.0001
jobs = 100000
[embedding]
model = "/etc/passwd"
"""
_GARBAGE = b"\xff\xfe[[[\0= " * 1000


def _files(root: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _import_traps(root: Path) -> None:
    """Modules that Python would import from its path; one that runs leaves a file, which is seen."""
    owned = f"import pathlib\npathlib.Path({str(root)!r}, 'owned.py').write_text('x = 1')\n{HEALTHY}".encode()
    names = (
        "codesearch",
        "numpy",
        "sitecustomize",
        "usercustomize",
        "faiss",
        "tree_sitter",
        "indexer",
        "json",
    )
    _files(root, {f"{name}.py": owned for name in names})


def _index_inside(root: Path) -> None:
    """What looks like an index of ours: a database and a manifest of noise, and a pickle."""
    _files(
        root,
        {
            ".codesearch/index.db": b"SQLite format 3\0" + _GARBAGE,
            ".codesearch/manifest.json": _GARBAGE,
            ".codesearch/segments/0/vectors.npy": b"\x93NUMPY\x01\0" + _GARBAGE,
            ".codesearch/lock": _GARBAGE,
        },
    )


def _special_settings(root: Path) -> None:
    os.mkfifo(root / "codesearch.toml")
    (root / "pyproject.toml").symlink_to("/dev/zero")


_PEERS = {
    ".jscpd.json": json.dumps(
        {"pattern": "**/*.nothing", "ignore": ["**/none/**"], "output": "/nonexistent"}
    ),
    "package.json": json.dumps({"jscpd": {"minTokens": 999_999}}),
    ".env": "CODESEARCH_JUDGE__BASE_URL=http://127.0.0.1:1\nCODESEARCH_JUDGE__API_KEY=stolen\n",
    ".editorconfig": "root = true\n[*]\ncharset = utf-16le\n",
}

CASES = (
    HostileCase(
        "settings-traps",
        "codesearch.toml with endpoints, keys, paths and limits",
        partial(_files, files={"codesearch.toml": _SETTINGS.encode()}),
        skipped("not-code", "codesearch.toml"),
    ),
    HostileCase(
        "settings-noise",
        "codesearch.toml of noise",
        partial(_files, files={"codesearch.toml": _GARBAGE}),
        skipped("not-code", "codesearch.toml"),
    ),
    HostileCase(
        "settings-special",
        "codesearch.toml that is a FIFO",
        _special_settings,
        skipped("not-regular", "codesearch.toml") | skipped("symlink", "pyproject.toml"),
    ),
    HostileCase(
        "settings-of-others",
        "settings of other tools, and .env",
        partial(_files, files={name: text.encode() for name, text in _PEERS.items()}),
        skipped("not-code", *_PEERS),
    ),
    HostileCase("index-inside", "a folder .codesearch of noise", _index_inside, hidden=4),
    HostileCase(
        "import-traps",
        "modules named like those of this program",
        _import_traps,
        found=("codesearch.py", "numpy.py"),
    ),
)
