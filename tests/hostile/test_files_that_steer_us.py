"""Files of a tree that are read as settings: what they may not set is ignored, what is none is refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from commandline import call

from benchmarks.hostile_trees.case import HEALTHY

ENDPOINTS = """\
[judge]
kind = "llm"
base_url = "http://127.0.0.1:1/v1"
api_key = "stolen"
[audit]
webhook = "http://127.0.0.1:1/hook"
"""


def noise(path: Path) -> None:
    path.write_bytes(b"\xff\xfe[[[\0= " * 1000)


def zeros_without_end(path: Path) -> None:
    path.symlink_to("/dev/zero")


def itself(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.fixture
def tree(user: Path) -> Path:
    """Two healthy files, in a folder of their own."""
    root = user / "tree"
    root.mkdir()
    for name in ("first.py", "second.py"):
        (root / name).write_text(HEALTHY, encoding="utf-8")
    return root


def test_endpoints_and_keys_of_a_tree_are_ignored_when_it_is_the_current_folder(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree / "codesearch.toml").write_text(ENDPOINTS, encoding="utf-8")
    monkeypatch.chdir(tree)
    done = call("audit", ".", "--json")
    assert len(done.document["classes"]) == 1
    assert "stolen" not in done.out + done.err
    assert "judge.base_url" in done.err


@pytest.mark.parametrize("plant", [noise, os.mkfifo, zeros_without_end, itself])
def test_accepted_classes_that_are_no_such_file_end_an_audit_in_one_line(
    tree: Path, plant: Callable[[Path], None]
) -> None:
    plant(tree / "codesearch-accepted.toml")
    done = call("audit", tree, "--json")
    assert done.code == 2
    assert "codesearch-accepted.toml" in done.error


@pytest.mark.parametrize("plant", [noise, os.mkfifo, zeros_without_end, itself])
def test_a_baseline_that_is_no_such_file_ends_an_audit_in_one_line(
    tree: Path, plant: Callable[[Path], None]
) -> None:
    plant(tree / "baseline.json")
    done = call("audit", tree, "--baseline", tree / "baseline.json", "--json")
    assert done.code == 2
    assert "baseline" in done.error
