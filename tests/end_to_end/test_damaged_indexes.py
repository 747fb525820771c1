"""Indexes that cannot be used as they are: one line that says why and what to do, or an answer anyway."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commandline import CHECKOUT, call, finished, unique, write_tree

from indexer.segments.manifest import FORMAT_VERSION


@pytest.fixture
def index(user: Path) -> Path:
    write_tree(user, {"corpus/m.py": unique(1), "mine.py": unique(1)})
    assert call("index", "corpus").code == 0
    return user / ".codesearch"


def test_index_of_another_format_version_says_so(index: Path) -> None:
    manifest = json.loads((index / "manifest.json").read_text())
    (index / "manifest.json").write_text(json.dumps(manifest | {"format": 99}))
    for words in (["query", "mine.py"], ["status"], ["index", "corpus"]):
        done = call(*words)
        assert done.code == 3
        assert f"has index format 99, this codesearch reads format {FORMAT_VERSION}" in done.error


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", json.dumps({"format": FORMAT_VERSION}), "[" * 100_000, "\x00"]
)
def test_manifest_that_is_none_is_one_line(index: Path, content: str) -> None:
    (index / "manifest.json").write_text(content)
    for words in (["query", "mine.py"], ["status"], ["index", "corpus"]):
        done = call(*words)
        assert done.code == 3
        assert "\n" not in done.error


def test_manifest_cannot_lead_out_of_the_index(index: Path) -> None:
    manifest = json.loads((index / "manifest.json").read_text())
    manifest["segments"][0]["name"] = "../../etc"
    (index / "manifest.json").write_text(json.dumps(manifest))
    assert "not a plain file name" in call("query", "mine.py").error


def test_store_that_is_lost_is_said(index: Path) -> None:
    for path in index.glob("index.db*"):
        path.unlink()
    done = call("query", "mine.py")
    assert done.code == 3
    assert "no index database" in done.error


def test_truncated_segment_names_the_file_and_the_remedy(index: Path) -> None:
    [path] = index.glob("segments/*/vectors.npy")
    path.write_bytes(path.read_bytes()[:100])
    done = call("query", "mine.py")
    assert done.code == 3
    assert str(path) in done.error
    assert "codesearch doctor --repair" in done.error


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv to be nobody in particular")
def test_index_that_may_not_be_written_is_queried(index: Path, user: Path) -> None:
    for path in [*index.rglob("*"), index]:
        path.chmod(path.stat().st_mode & ~0o222)
    powerless = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
    prefix = powerless if os.geteuid() == 0 else []
    try:
        for words, code in ((["query", "mine.py", "--json"], 0), (["status"], 0), (["index", "corpus"], 3)):
            command = [*prefix, sys.executable, "-m", "codesearch", *words]
            environment = os.environ | {
                "PYTHONPATH": str(CHECKOUT),
                "XDG_CONFIG_HOME": "/proc/nowhere",
                "PYTHONDONTWRITEBYTECODE": "1",
            }
            done = finished(
                subprocess.Popen(
                    command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
                )
            )
            assert done.code == code, done.err
            if words[0] == "query":
                assert done.document["results"][0]["matches"][0]["clone_type"] == "T1"
            if words[0] == "index":
                assert "cannot write the index folder" in done.error
    finally:
        for path in [index, *index.rglob("*")]:
            path.chmod(path.stat().st_mode | 0o200)


def test_settings_file_of_the_project_is_refused_in_one_line(index: Path, user: Path) -> None:
    for content, message in (
        ("retrieval = [", "not valid TOML"),
        ("[retrieval]\nk = 'many'\n", "retrieval.k does not fit"),
        ("[retrieval]\nkk = 3\n", "retrieval.kk"),
    ):
        (user / "codesearch.toml").write_text(content)
        for words in (["query", "mine.py"], ["index", "corpus"], ["status"]):
            done = call(*words)
            assert done.code == 2
            assert message in done.error
            assert "codesearch.toml" in done.error
