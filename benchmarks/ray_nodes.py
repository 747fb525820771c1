"""A Ray cluster of two node processes of this machine on free ports, gone afterwards; the tests use it too.

Talk to it through ``codesearch`` commands in processes of their own, so that the caller needs no socket.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.plan import CHECKOUT

if TYPE_CHECKING:
    import psutil

STARTED_WITHIN = 120
"""Seconds until a node counts as one that never starts; only a failure waits so long."""
_FREE_PORT = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
_AT_WORK = ("ray::answered", "ray::EmbeddingActor")
"""Beginnings of the names of processes at work; Ray's agents, without which a node dies, have others."""
_OBJECT_STORE = 80_000_000  # bytes, about the least that Ray takes


@dataclass(frozen=True, slots=True)
class RayCluster:
    """A running cluster.

    Attributes:
        address: Of its head node.
        environment: Variables of those who use it: its token among them.
        nodes: The processes of its nodes.
    """

    address: str
    environment: dict[str, str]
    nodes: tuple[int, ...]

    def workers(self) -> list[int]:
        """Processes that run tasks of codesearch, or hold its actors, at this moment."""
        import psutil

        found = []
        for node in self.nodes:
            for child in descendants(node):
                with suppress(psutil.Error):
                    if child.name().startswith(_AT_WORK):
                        found.append(child.pid)
        return found

    def kill_a_worker(self) -> bool:
        """Kill a process that is at work at this moment; whether there was one."""
        for pid in self.workers():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                return True
        return False

    def kill_a_worker_of(self, driver: subprocess.Popen[str]) -> None:
        """Kill a process that works for a driver, as soon as there is one.

        Raises:
            AssertionError: The driver ended before that.
        """
        while not self.kill_a_worker():
            if driver.poll() is not None:
                raise AssertionError(driver.communicate())
            time.sleep(0.01)


@contextmanager
def ray_cluster(nodes: int = 2) -> Iterator[RayCluster]:
    """A cluster of node processes with one task each, stopped at the end of the block."""
    port = subprocess.run(
        [sys.executable, "-c", _FREE_PORT], check=True, capture_output=True, text=True
    ).stdout.strip()
    address = f"127.0.0.1:{port}"
    environment = {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_USAGE_STATS_ENABLED": "0",
        "PYTHONPATH": str(CHECKOUT),
    }
    folder = Path(tempfile.mkdtemp(prefix="ray-"))  # short: paths of sockets may have a hundred characters
    started: list[subprocess.Popen[bytes]] = []
    try:
        for number in range(nodes):
            role = (
                ["--address", address] if number else ["--head", "--port", port, "--include-dashboard=false"]
            )
            started.append(_started(number, role, folder, environment))
        yield RayCluster(address, environment, tuple(process.pid for process in started))
    finally:
        _stop(started)
        shutil.rmtree(folder, ignore_errors=True)


def _started(
    number: int, role: list[str], folder: Path, environment: dict[str, str]
) -> subprocess.Popen[bytes]:
    """A node that has announced itself."""
    said = folder / f"node-{number}.txt"
    temporary = [] if number else ["--temp-dir", str(folder / "t")]
    with said.open("wb") as stream:
        process = subprocess.Popen(
            [
                *(Path(sys.executable).with_name("ray"), "start", "--block", "--disable-usage-stats"),
                *("--node-ip-address", "127.0.0.1", "--num-cpus", "1"),
                *("--object-store-memory", str(_OBJECT_STORE), *temporary, *role),
            ],
            cwd=folder,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    deadline = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < deadline:
        if b"Ray runtime started" in said.read_bytes():
            return process
        if process.poll() is not None:
            break
        time.sleep(0.05)
    _stop([process])
    raise AssertionError(said.read_text("utf-8"))


def _stop(started: list[subprocess.Popen[bytes]]) -> None:
    import psutil

    ours = [process for node in started for process in descendants(node.pid)]
    for process in ours:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    for node in started:
        node.kill()
        node.wait()
    psutil.wait_procs(ours, timeout=10)


def descendants(pid: int, *, itself: bool = False) -> list[psutil.Process]:
    """The processes below one, and that one too; none when it is gone."""
    import psutil

    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        return [*([process] if itself else []), *process.children(recursive=True)]
    return []
