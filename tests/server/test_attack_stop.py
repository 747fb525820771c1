"""Nothing that a real server was at outlives it."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from served import STARTED_WITHIN, CodeBase, Site, serving

SLOW = json.dumps({"code": "a=" * (100 << 10) + "1", "language": "javascript"})


def processes(folder: Path) -> set[int]:
    """Those that run in a folder."""
    found = set()
    for place in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):  # it has ended, or is somebody else's
            if place.readlink() == folder:
                found.add(int(place.parent.name))
    return found


@pytest.fixture
def running(served_base: Path, tmp_path: Path) -> Iterator[tuple[Site, ExitStack]]:
    """A server, and what stops it."""
    with ExitStack() as stack:
        yield stack.enter_context(serving(CodeBase(served_base / "home", ""), tmp_path)), stack


@pytest.mark.enable_socket
def test_process_that_reads_code_ends_with_the_server(running: tuple[Site, ExitStack]) -> None:
    site, stack = running
    client = http.client.HTTPConnection(site.url.removeprefix("http://"), timeout=60)
    client.request("POST", "/api/v1/query", SLOW, {"Content-Type": "application/json"})
    deadline = time.monotonic() + STARTED_WITHIN
    while len(processes(site.home)) < 2:
        assert time.monotonic() < deadline, "no process reads the code"
        time.sleep(0.02)
    stack.close()
    client.close()
    assert not processes(site.home)
