"""Connecting to a Ray cluster, or starting one of this machine's cores for the time of a run."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

from codesearch.core.cores import available_cores
from codesearch.core.errors import ConfigError, EnvironmentFailure, MissingExtra
from codesearch.distributed.failures import told_plainly
from codesearch.distributed.work import run_ordered

Common = TypeVar("Common")
Part = TypeVar("Part")
Answer = TypeVar("Answer")

_CONNECT_SECONDS = 5.0
_OBJECT_STORE = (
    256 << 20
)  # of a local cluster: what travels is small, and Ray would take a third of the memory
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # telemetry, whatever the environment says
    "RAY_DEDUP_LOGS": "0",
    "RAY_task_oom_retries": "3",  # Ray's default is for ever
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # Ray warns of what it will do by default
}


@dataclass(frozen=True, slots=True)
class Node:
    """A machine of the cluster, or one process that stands for one.

    Attributes:
        id: Ray's, hexadecimal.
        address: Where it is, for people.
        cpus: Tasks that it takes at the same time.
        gpus: Its GPUs.
    """

    id: str
    address: str
    cpus: float
    gpus: float


@dataclass(frozen=True, slots=True)
class Cluster:
    """A connected cluster; what is sent to it is retried by Ray when a worker or a node dies.

    Attributes:
        nodes: Those that had processors when it was connected.
        slots: Tasks that run at the same time.
    """

    nodes: tuple[Node, ...]
    slots: int

    @property
    def parts(self) -> int:
        """Into how many parts work is best cut: some per slot, so that all end at about the same time."""
        return 4 * self.slots

    @property
    def gpus(self) -> int:
        """GPUs of all nodes."""
        return int(sum(node.gpus for node in self.nodes))

    def map(
        self, function: Callable[[Common, Part], Answer], common: Common, parts: Iterable[Part]
    ) -> Iterator[Answer]:
        """``function(common, part)`` for every part, in order; see :class:`~codesearch.core.workers.Workers`.

        Raises:
            CodesearchError: The function raised it.
            EnvironmentFailure: The cluster failed.
        """
        return run_ordered(function, common, parts, self.slots)


@contextmanager
def connected(address: str, workers: int, index: Path, folders: Sequence[Path] = ()) -> Iterator[Cluster]:
    """The cluster for the block.

    Args:
        address: ``host:port`` of the head node of a cluster that this machine is a node of; empty: a
            cluster of this machine's cores is started and stopped.
        workers: Tasks at the same time; 0 for one per processor.
        index: Index folder, which exists; every node has to see and write it.
        folders: Corpora, which every node has to see.

    Raises:
        MissingExtra: Ray is not installed.
        ConfigError: The address is not one.
        EnvironmentFailure: The cluster cannot be reached, or a node does not fit.
    """
    require_usable(address)
    # Ray prints on standard output that a worker died, where a document is to go.
    with _environment(_QUIET | _token()), redirect_stdout(io.StringIO()):
        from codesearch.distributed.readiness import require_ready

        with _session(address, workers):
            nodes = _nodes()
            slots = int(sum(node.cpus for node in nodes))
            if not slots:
                raise EnvironmentFailure(
                    f"no node of the cluster {address} has processors", "start one with 'ray start --address'"
                )
            require_ready(nodes, index, folders)
            yield Cluster(nodes, min(workers, slots) if workers else slots)


def require_usable(address: str) -> str:
    """What would be used, for people, after a look that takes no time: Ray, and that somebody listens there.

    Raises:
        MissingExtra: Ray is not installed.
        ConfigError: The address is not one.
        EnvironmentFailure: Nobody answers there.
    """
    if find_spec("ray") is None:
        raise MissingExtra("--engine ray", "ray")
    if address:
        _require_reachable(address)
    where = f"head node at {address} answers" if address else "of this machine's cores"
    return f"Ray {version('ray')}, {where}"


@contextmanager
def _session(address: str, workers: int) -> Iterator[None]:
    import ray

    if ray.is_initialized():  # an audit refreshes its index on the cluster that it has
        yield
        return
    local: Mapping[str, object] = {}
    if not address:
        local = {
            "num_cpus": workers or available_cores(),
            "object_store_memory": _OBJECT_STORE,
            "include_dashboard": False,
        }
    try:
        # Ray has workers import from the current folder first, which may be a hostile corpus.
        with contextlib.chdir(sys.prefix), told_plainly():
            ray.init(
                address or "local",
                log_to_driver=False,
                logging_level="CRITICAL",
                **local,
            )
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        raise _refused(address, str(error)) from error
    try:
        yield
    finally:
        ray.shutdown()


def _refused(address: str, words: str) -> EnvironmentFailure:
    """Why Ray does not connect, in one line."""
    shown = address or "of this machine"
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    if "ersion mismatch" in words:
        return EnvironmentFailure(
            f"the cluster {shown} runs other versions of Ray or Python: {' '.join(lines[1:])}",
            "install the same versions on every node",
        )
    return EnvironmentFailure(
        f"cannot use the cluster {shown}: {lines[0] if lines else 'no reason was given'}",
        "this machine has to be a node of it ('ray start --address'), with the cluster's token",
    )


def _nodes() -> tuple[Node, ...]:
    """The nodes that take tasks, always in one order."""
    import ray

    alive = [entry for entry in ray.nodes() if entry["Alive"] and entry["Resources"].get("CPU")]
    found = [
        Node(
            entry["NodeID"],
            f"{entry['NodeManagerAddress']}:{entry['NodeManagerPort']}",
            entry["Resources"]["CPU"],
            entry["Resources"].get("GPU", 0),
        )
        for entry in alive
    ]
    return tuple(sorted(found, key=lambda node: node.id))


def _require_reachable(address: str) -> None:
    """Fail at once where Ray would try for minutes.

    Raises:
        ConfigError: It is no ``host:port``.
        EnvironmentFailure: Nobody listens there.
    """
    host, colon, port = address.rpartition(":")
    if not colon or not host or "/" in host or not port.isdecimal():
        raise ConfigError(
            f"cluster.address {address!r} is no address of a cluster", "write HOST:PORT of its head node"
        )
    try:
        socket.create_connection((host, int(port)), _CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise EnvironmentFailure(
            f"no cluster answers at {address}: {error}", "start its head node with 'ray start --head'"
        ) from error


def _token() -> dict[str, str]:
    """Ray takes a token along only where its mode is set, except to clusters that it starts itself."""
    if "RAY_AUTH_MODE" in os.environ:
        return {}
    named = os.environ.get("RAY_AUTH_TOKEN_PATH")
    path = Path(named) if named else Path("~/.ray/auth_token").expanduser()
    known = "RAY_AUTH_TOKEN" in os.environ or path.is_file()
    return {"RAY_AUTH_MODE": "token"} if known else {}


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for the block; Ray and the processes that it starts read them."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
