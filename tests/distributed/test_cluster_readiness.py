"""What is asked of nodes before any work, and what a user hears when one does not fit."""

from __future__ import annotations

import errno
import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest
from commandline import call, unique, write_tree

from codesearch import __version__
from codesearch.core.errors import EnvironmentFailure, IndexFailure, MissingExtra
from codesearch.distributed.cluster import Node, connected
from codesearch.distributed.failures import Failure, told_plainly
from codesearch.distributed.readiness import NodeState, Shared, node_state, require_same

NODE = Node("ab", "10.0.0.7:4711", 2, 0)


@pytest.fixture
def shared(tmp_path: Path) -> Shared:
    mark = tmp_path / "index" / "cluster.mark"
    mark.parent.mkdir()
    mark.write_text("here", encoding="utf-8")
    return Shared(mark, "here", (tmp_path,))


def test_a_node_that_sees_everything_fits(shared: Shared) -> None:
    require_same(NODE, node_state(shared))
    assert [path.name for path in shared.mark.parent.iterdir()] == ["cluster.mark"]


@pytest.mark.parametrize("hidden", ["index", "corpus", "other-disk"])
def test_a_node_that_does_not_share_a_folder_is_named(shared: Shared, hidden: str) -> None:
    if hidden == "index":
        shared.mark.unlink()
    elif hidden == "corpus":
        shared = replace(shared, folders=(shared.mark.parent / "corpus",))
    else:
        shared.mark.write_text("elsewhere", encoding="utf-8")
    with pytest.raises(EnvironmentFailure, match=r"node 10\.0\.0\.7:4711 does not share .*every node mounts"):
        require_same(NODE, node_state(shared))


def test_a_node_with_another_version_is_named(shared: Shared) -> None:
    state = node_state(shared)
    with pytest.raises(
        EnvironmentFailure,
        match=rf"node \S+ has codesearch 0\.0\.9, this machine {__version__}: install the same",
    ):
        require_same(NODE, replace(state, version="0.0.9"))
    with pytest.raises(EnvironmentFailure, match="analyses files differently"):
        require_same(NODE, NodeState(__version__, "other", None))


def test_without_ray_the_missing_extra_is_named(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(user / "corpus", {"m.py": unique(1)})
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "codesearch.distributed.cluster.find_spec", lambda name: None if name == "ray" else find(name)
    )
    done = call("index", "corpus", "--engine", "ray")
    assert done.code == 3
    assert done.error == "--engine ray needs the extra 'ray': pip install 'codesearch-clones[ray]'"


MISMATCH = """Version mismatch: The cluster was started with:
    Ray: 2.1.0
    Python: 3.9.1
This process on node 10.0.0.7 was started with:
    Ray: 2.60.0
"""


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (
            RuntimeError(MISMATCH),
            "runs other versions of Ray or Python: Ray: 2.1.0 Python: 3.9.1 This process",
        ),
        (
            ConnectionError("no node here\nsince when"),
            "cannot use the cluster of this machine: no node here: ",
        ),
    ],
)
def test_a_cluster_that_refuses_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: Exception, told: str
) -> None:
    ray = pytest.importorskip("ray", reason="the extra 'ray' is not installed")

    def refuse(*_: object, **__: object) -> None:
        raise refusal

    monkeypatch.setattr(ray, "init", refuse)
    with pytest.raises(EnvironmentFailure) as raised, connected("", 1, tmp_path):
        pass
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)


def test_doctor_looks_for_the_cluster_of_the_settings(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray", reason="the extra 'ray' is not installed")
    names = [check["name"] for check in call("doctor", "--json").document["checks"]]
    assert "cluster" not in names
    monkeypatch.setenv("CODESEARCH_CLUSTER__ENGINE", "ray")
    [check] = [check for check in call("doctor", "--json").document["checks"] if check["name"] == "cluster"]
    assert check["healthy"]
    assert check["detail"].endswith("of this machine's cores")
    monkeypatch.setenv("CODESEARCH_CLUSTER__ADDRESS", "somewhere")
    done = call("doctor")
    assert done.code == 3
    assert "is no address of a cluster" in done.out


@pytest.mark.parametrize("error", [IndexFailure("broken", "mend it"), MissingExtra("a model", "torch")])
def test_errors_travel_whole(error: EnvironmentFailure) -> None:
    again = Failure.of(error).error()
    assert type(again) is type(error)
    assert (str(again), again.exit_code) == (str(error), error.exit_code)


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (OSError(errno.ENOSPC, "full"), "no space left where node 10.0.0.7 writes"),
        (OSError(errno.EACCES, "denied", "f"), "node 10.0.0.7 failed: "),
        (MemoryError(), "node 10.0.0.7 ran out of memory"),
        (
            ModuleNotFoundError("No module named 'codesearch'"),
            "node 10.0.0.7 cannot load codesearch: No module",
        ),
        (ZeroDivisionError("odd"), "a task failed on node 10.0.0.7 with ZeroDivisionError: odd"),
    ],
)
def test_what_happens_to_a_task_is_one_line(cause: Exception, told: str) -> None:
    exceptions = pytest.importorskip("ray.exceptions")
    error = exceptions.RayTaskError("work", "traceback", cause, "title", 1, "10.0.0.7")
    with pytest.raises(EnvironmentFailure) as raised, told_plainly():
        raise error
    assert str(raised.value).startswith(told)
    assert "\n" not in str(raised.value)


def test_what_happens_to_a_cluster_is_one_line() -> None:
    exceptions = pytest.importorskip("ray.exceptions")
    for error, told in (
        (exceptions.OutOfMemoryError("killed\nbecause"), "a node ran out of memory"),
        (exceptions.OutOfDiskError("full"), "a node's disk or object store is full"),
        (exceptions.NodeDiedError("node died\nlong story"), "the cluster failed: node died"),
    ):
        with pytest.raises(EnvironmentFailure) as raised, told_plainly():
            raise error
        assert str(raised.value).startswith(told)
        assert "\n" not in str(raised.value)
