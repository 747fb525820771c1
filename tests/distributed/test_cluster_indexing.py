"""Indexing on a real cluster of two node processes: the same index, whoever dies on the way."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from audit_trees import java_class, java_method, python_function
from commandline import Outcome, call, finished, tally, unique, write_tree

from benchmarks.ray_nodes import RayCluster
from indexer.segments.manifest import read_manifest

pytest.importorskip("ray", reason="the extra 'ray' is not installed")
pytest.importorskip("psutil", reason="the extra 'dev' is not installed")

WITHIN = 240
"""Seconds until a run counts as one that hangs; only a failing test waits so long."""
SEGMENT_ROWS = 48  # so that a small corpus has several shards

FILES = {
    "shop/orders.py": python_function("collect", "order"),
    "shop/users.py": "# Users of the shop.\n\n" + python_function("gather", "user"),
    "Counter.java": java_class("Counter", java_method("count", "word")),
    "Tallier.java": java_class("Tallier", java_method("tally", "line")),
    "spread.py": tally("sum_0").replace("total = 0\n", "total = (\n        0)\n"),
    **{f"many/part_{n:03}.py": tally(f"sum_{n}") for n in range(12)},
    **{f"own/only_{n:03}.py": unique(n) for n in range(260)},
}
"""Copies, copies with other lines, renamed copies and 260 others, in three batches of files."""

Driver = subprocess.Popen[str]

HELD = """
import pathlib, time
from codesearch.distributed import {0}
def held(*_, **__):
    pathlib.Path("held").touch()
    time.sleep(600)
{0}.{1} = held
from codesearch.cli.main import run
run()
"""
"""A driver that stops where a function of a module is called."""


@pytest.fixture
def project(user: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A corpus whose file without code is skipped, not indexed yet."""
    monkeypatch.setenv("CODESEARCH_INDEX__SEGMENT_ROWS", str(SEGMENT_ROWS))
    write_tree(user / "corpus", FILES)
    (user / "corpus" / "binary.py").write_bytes(b"\0\1" * 50)
    for path in (user / "corpus").rglob("*.*"):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    return user


def start(
    cluster: RayCluster, index: str, *words: str, program: tuple[str, ...] = ("-m", "codesearch")
) -> Driver:
    """An index run on a cluster."""
    return Driver(
        [sys.executable, *program, "--index", index, "index", "corpus", "--address", cluster.address, *words],
        env=os.environ | cluster.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(cluster: RayCluster, index: str, *words: str) -> Outcome:
    process = start(cluster, index, *words)
    out, err = process.communicate(timeout=WITHIN)
    return Outcome(process.returncode, out, err)


def segments(index: str) -> list[tuple[str, int, dict[str, str]]]:
    """Name, rows and checksums of every segment."""
    entries = read_manifest(Path(index)).segments
    return [
        (entry.name, entry.rows, {name: file.checksum for name, file in entry.files.items()})
        for entry in entries
    ]


def answers(index: str) -> list[object]:
    """What status, a query and an audit say of an index, without times and its own name."""
    kept = []
    for words in (
        ("status",),
        ("query", "corpus/shop/orders.py", "--judge", "off"),
        ("audit", "corpus", "--no-refresh", "--jobs", "1"),
    ):
        document = call("--index", index, *words, "--json").document
        for varying in ("timing_ms", "index", "built", "size_bytes", "runs"):
            document.pop(varying, None)
        kept.append(
            json.loads(re.sub(r"\d{4}-\d\d-\d\dT[\d:.+Z-]*", "", json.dumps(document).replace(index, "")))
        )
    return kept


def require_same(index: str, other: str) -> None:
    assert segments(index) == segments(other)
    assert answers(index) == answers(other)


def test_a_cluster_gives_the_index_of_one_process(project: Path, cluster: RayCluster) -> None:
    local = call("--index", "local", "index", "corpus", "--json").document
    remote = run(cluster, "remote", "--json").document
    require_same("local", "remote")
    assert len(segments("remote")) > 3
    for varying in ("seconds", "index"):
        assert local.pop(varying) != remote.pop(varying)
    assert remote == local
    assert not (project / "remote" / "checkpoints").exists()

    # A refresh with so much gone that every segment is written again, most of it with the vectors it had.
    write_tree(project / "corpus", {"own/only_003.py": unique(900), "more.py": FILES["shop/orders.py"]})
    for number in range(100, 220):
        (project / "corpus" / "own" / f"only_{number}.py").unlink()
    assert call("--index", "local", "index", "corpus").code == 0
    refreshed = run(cluster, "remote", "--json").document
    assert refreshed["embedded"] == 1
    assert {name[:8] for name, *_ in segments("remote")} == {"00000002"}
    require_same("local", "remote")


def test_a_worker_that_is_killed_changes_nothing(project: Path, cluster: RayCluster) -> None:
    assert call("--index", "local", "index", "corpus").code == 0
    driver = start(cluster, "remote", "--json")
    cluster.kill_a_worker_of(driver)
    outcome = finished(driver)
    assert outcome.code == 0, outcome.err
    assert segments("local") == segments("remote")


def test_a_run_goes_on_where_a_driver_was_killed(project: Path, cluster: RayCluster) -> None:
    held = HELD.format("indexing", "publish_shard")
    driver = start(cluster, "remote", program=("-c", held))
    while not (project / "held").exists():
        assert driver.poll() is None, driver.communicate()
        time.sleep(0.05)
    driver.send_signal(signal.SIGKILL)
    driver.communicate()
    assert not (project / "remote" / "manifest.json").exists()
    (project / "corpus" / "own" / "only_007.py").unlink()  # of one shard a content is gone

    again = run(cluster, "remote", "-v", "--json")
    found = re.search(r"(\d+) of (\d+) shards are there from an earlier run", again.err)
    assert found is not None, again.err
    assert int(found[1]) == int(found[2]) - 1
    assert 0 < again.document["embedded"] < SEGMENT_ROWS
    assert call("--index", "local", "index", "corpus").code == 0
    assert segments("remote") == segments("local")


@pytest.mark.enable_socket
def test_a_cluster_that_cannot_be_used_is_one_line(project: Path) -> None:
    done = call("--index", "remote", "index", "corpus", "--address", "127.0.0.1:1")
    assert done.code == 3
    assert re.match(
        r"no cluster answers at 127\.0\.0\.1:1: .*: start its head node with 'ray start", done.error
    )
    for address in ("ray://somewhere", "somewhere", "there:http", ":1"):
        done = call("--index", "remote", "index", "corpus", "--address", address)
        assert done.code == 2
        assert "is no address of a cluster: write HOST:PORT of its head node" in done.error
    assert not (project / "remote" / "manifest.json").exists()
