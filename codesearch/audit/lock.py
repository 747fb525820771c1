"""Locks of an index: its audits never overlap, and one process runs its schedules, one serves it."""

from __future__ import annotations

import json
import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from codesearch.core.errors import IndexFailure

log = logging.getLogger(__name__)


@contextmanager
def auditing(folder: Path) -> Iterator[None]:
    """Hold the audit lock of an index; it goes with the process, however that ends.

    Another audit is waited for, as long as it takes; the log says whose it is.

    Args:
        folder: The index folder, which exists.
    """
    with _exclusive(folder, "audit", f"the index {folder} is being audited", waits=True):
        yield


@contextmanager
def running_schedules(folder: Path) -> Iterator[None]:
    """Be the one process that runs the schedules of an index.

    Raises:
        IndexFailure: There is one already; the message says which.
    """
    with _exclusive(folder, "schedules", f"the schedules of {folder} are being run", waits=False):
        yield


@contextmanager
def serving(folder: Path, address: str) -> Iterator[None]:
    """Be the one server of an index.

    Args:
        folder: The index folder, which exists.
        address: Where it is served, for whoever comes second.

    Raises:
        IndexFailure: There is one already; the message says which process it is, and where it serves.
    """
    with _exclusive(folder, "serve", f"the index {folder} is served", waits=False, address=address):
        yield


def wait_for_writers(folder: Path, told: Callable[[str], None], *, auditors: bool) -> None:
    """Wait until no other process writes an index, as long as it takes.

    One that begins right afterwards is not held up.

    Args:
        folder: The index folder, which exists.
        told: Hears who is waited for, one line.
        auditors: Wait for an audit as well.
    """
    from filelock import FileLock, Timeout

    for name, doing in (("audit", "audited"), ("writer", "written"))[0 if auditors else 1 :]:
        lock = FileLock(folder / f"{name}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            told(f"the index is being {doing} {_describe(folder / f'{name}.json')}")
            lock.acquire()
        lock.release()


@contextmanager
def _exclusive(
    folder: Path, name: str, doing: str, *, waits: bool, address: str | None = None
) -> Iterator[None]:
    from filelock import FileLock, Timeout  # not needed to read anything

    owner = folder / f"{name}.json"
    lock = FileLock(folder / f"{name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        occupied = f"{doing} {_describe(owner)}"
        if not waits:
            raise IndexFailure(occupied, "wait until it has finished, or stop it") from None
        log.warning("%s: waiting", occupied)
        lock.acquire()
    try:
        mark = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": time.time(),
            "address": address,
        }
        owner.write_text(json.dumps(mark), encoding="utf-8")
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()


def _describe(owner: Path) -> str:
    """Who holds the lock, as far as the mark beside it tells."""
    try:
        mark = json.loads(owner.read_text(encoding="utf-8"))
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(float(mark["since"])))
        address = f" at {mark['address']}" if mark.get("address") else ""
        return f"by process {int(mark['pid'])} on {mark['host']}{address} since {since}"
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return "by another process"
