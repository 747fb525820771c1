"""Clients that go away in the middle of everything leave nothing behind in a real server."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from audit_trees import python_function
from served import STARTED_WITHIN, CodeBase, Site, serving

pytestmark = pytest.mark.enable_socket

SMALL = json.dumps({"code": python_function("sum_up", "order")}).encode()
LARGE = json.dumps({"code": python_function("sum_up", "order") * 40, "language": "python"}).encode()
"""Read by a process of its own."""

SPARE = 15
"""Handles that a server may open once and keep, as those of its store; every way is gone more often."""

POOLED = 50
"""Threads that the pools of a server may still start: how many work at a time is a matter of chance."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a process holds."""

    handles: int
    threads: int
    children: int


@pytest.fixture
def site(served_base: Path, tmp_path: Path) -> Iterator[Site]:
    settings = tmp_path / "config" / "codesearch" / "config.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("server.max_concurrency = 1\n")  # so that what is at work at a time is no chance
    with serving(CodeBase(served_base / "home", ""), tmp_path) as running:
        yield running


@pytest.fixture
def server(site: Site) -> psutil.Process:
    """The process that listens."""
    [process] = [
        one for one in psutil.process_iter(["cwd"]) if one.info["cwd"] == str(site.home) and one.parent()
    ]
    return process


def post(path: str, body: bytes, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {size}\r\n\r\n".encode() + body


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def half_header() -> Iterator[bytes]:
    yield b"GET /api/v1/status HTTP/1.1\r\nHost: loc"


def query_unheard() -> Iterator[bytes]:
    yield post("/api/v1/query", SMALL)


def large_query_unheard() -> Iterator[bytes]:
    yield post("/api/v1/query", LARGE)


def half_upload() -> Iterator[bytes]:
    yield post("/api/v1/query", LARGE[:5000], len(LARGE))


def refused_upload() -> Iterator[bytes]:
    yield post("/api/v1/nowhere", b"x" * 50_000, 1 << 20)


def report_unread() -> Iterator[bytes]:
    yield get("/api/v1/audits/latest/report?format=html")


def events_unread() -> Iterator[bytes]:
    yield get("/api/v1/jobs/1/events")


WAYS: tuple[Callable[[], Iterator[bytes]], ...] = (
    half_header,
    query_unheard,
    large_query_unheard,
    half_upload,
    refused_upload,
    report_unread,
    events_unread,
)


def go_away(site: Site, way: Callable[[], Iterator[bytes]], *, politely: bool) -> None:
    """Send what somebody sends, and be gone before the answer is read."""
    host, _, port = site.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), STARTED_WITHIN) as connection:
        if not politely:  # the connection is reset
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        for text in way():
            connection.sendall(text)


def held(process: psutil.Process) -> Held:
    return Held(process.num_fds(), process.num_threads(), len(process.children(recursive=True)))


def settled(site: Site, process: psutil.Process) -> Held:
    """What is held once nothing changes any more, over more looks than work that nobody waits for takes."""
    last, same = held(process), 0
    deadline = time.monotonic() + STARTED_WITHIN
    while same < 20 and time.monotonic() < deadline:
        assert asked(site) == 200
        time.sleep(0.05)
        now = held(process)
        last, same = now, (same + 1 if now == last else 0)
    return last


def asked(site: Site) -> int:
    connection = http.client.HTTPConnection(site.url.removeprefix("http://"), timeout=STARTED_WITHIN)
    connection.request("GET", "/api/v1/status")
    status = connection.getresponse().status
    connection.close()
    return status


def everybody_goes_away(site: Site, times: int) -> None:
    for number in range(times):
        for way in WAYS:
            go_away(site, way, politely=bool(number % 2))


@pytest.mark.parametrize("times", [SPARE + 5, pytest.param(60, marks=pytest.mark.nightly)])
def test_clients_that_go_away_leave_neither_handle_nor_thread_nor_process(
    site: Site, server: psutil.Process, times: int
) -> None:
    connection = http.client.HTTPConnection(site.url.removeprefix("http://"), timeout=STARTED_WITHIN)
    body = json.dumps({"kind": "index", "corpora": []})
    connection.request("POST", "/api/v1/jobs", body, {"Content-Type": "application/json"})
    assert connection.getresponse().status == 202  # there are events to watch
    connection.close()
    everybody_goes_away(site, 3)  # what is loaded late is loaded
    before = settled(site, server)
    everybody_goes_away(site, times)
    deadline = time.monotonic() + STARTED_WITHIN
    while (after := settled(site, server)).handles > before.handles + SPARE:
        assert time.monotonic() < deadline, (before, after)
    assert after.children <= before.children + 1
    assert after.threads < before.threads + POOLED
    assert "Traceback" not in site.messages.read_text("utf-8")
    assert "unexpected" not in site.messages.read_text("utf-8")
