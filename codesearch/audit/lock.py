"""Locks of an index: its audits never overlap, and one process runs its schedules."""

from __future__ import annotations

import json
import logging
import os
import socket
import time
from collections.abc import Iterator
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
def _exclusive(folder: Path, name: str, doing: str, *, waits: bool) -> Iterator[None]:
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
        mark = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}
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
        return f"by process {int(mark['pid'])} on {mark['host']} since {since}"
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return "by another process"
