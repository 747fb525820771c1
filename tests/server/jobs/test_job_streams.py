"""Events of jobs over a real server and a real connection."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest
import uvicorn
from job_lab import SLEEPS, TELLS_PID, Program

from codesearch.engine import Engine
from codesearch.server.app import create_app
from codesearch.server.run import server_state
from codesearch.server.state import ServerState

pytestmark = pytest.mark.enable_socket

JOBS = "/api/v1/jobs"


class Stream:
    """One connection that listens to a job."""

    def __init__(self, port: int, job: int, last: str | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last} if last else {})
        self._connection.request("GET", f"{JOBS}/{job}/events", headers=headers)
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200
        self.last = ""

    def next(self) -> Any:
        """The document of the next event; None at the end of the stream."""
        fields: dict[str, str] = {}
        while line := self._answer.readline().decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if name:
                fields[name] = value
            elif "data" in fields:
                self.last = fields["id"]
                return json.loads(fields["data"])
        return None

    def until(self, wanted: Callable[[Any], bool]) -> Any:
        """The first document that fits."""
        while not wanted(document := self.next()):
            assert document is not None
        return document

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._answer.close()
        self._connection.close()


def ask(port: int, method: str, path: str, body: object = None) -> Any:
    """The document of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Content-Type": "application/json", "Origin": f"http://127.0.0.1:{port}"}
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    document = json.loads(answer.read())
    connection.close()
    assert answer.status < 300, document
    return document


@contextmanager
def served(engine: Engine) -> Iterator[tuple[int, ServerState]]:
    """A server in a thread: its port and its parts."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    state = server_state(engine, port)
    config = uvicorn.Config(create_app(state), lifespan="on", log_config=None, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield port, state
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


SERVE = """
import sys
from codesearch.cli.main import main
from codesearch.server.jobs import process
process.MODULE = "pretended"
sys.exit(main(["--index", sys.argv[1], "serve", "--port", "0"]))
"""


@contextmanager
def server_process(engine: Engine) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The command that serves, in whose jobs a pretended program runs: the process and its port."""
    words = [sys.executable, "-c", SERVE, str(engine.folder.path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        while not (found := re.search(r"http://127\.0\.0\.1:(\d+)", process.stdout.readline())):
            assert process.poll() is None
        try:
            yield process, int(found[1])
        finally:
            process.terminate()
            process.communicate()


def test_client_that_goes_away_leaves_nothing_behind(engine: Engine, program: Program) -> None:
    program(SLEEPS)
    with served(engine) as (port, state):
        job = ask(port, "POST", JOBS, {"kind": "index"})["id"]
        with Stream(port, job) as staying:
            with Stream(port, job) as leaving:
                for stream in (staying, leaving):
                    assert stream.until(lambda seen: seen["progress"])["progress"]["stage"] == "at work"
                assert len(state.jobs._watchers) == 2
            while len(state.jobs._watchers) > 1:
                threading.Event().wait(0.02)
            ask(port, "DELETE", f"{JOBS}/{job}")
            assert staying.until(lambda seen: seen["finished_at"])["status"] == "cancelled"
            assert staying.next() is None
        while len(state.jobs._watchers):
            threading.Event().wait(0.02)


def test_client_that_comes_back_goes_on_where_it_was(
    engine: Engine, program: Program, tmp_path: Path
) -> None:
    more = tmp_path / "more"
    waits = f"while not os.path.exists({str(more)!r}):\n    time.sleep(0.02)\n"
    program(f"progress('one')\n{waits}progress('two')\n{SLEEPS}")
    with served(engine) as (port, _):
        job = ask(port, "POST", JOBS, {"kind": "index"})["id"]
        with Stream(port, job) as stream:
            stream.until(lambda seen: seen["progress"])
        with Stream(port, job, last=stream.last) as again:
            more.touch()
            assert again.next()["progress"]["stage"] in {"two", "at work"}
        ask(port, "DELETE", f"{JOBS}/{job}")


def test_stopping_server_ends_its_streams_and_the_next_one_the_job(engine: Engine, program: Program) -> None:
    program(TELLS_PID)
    with server_process(engine) as (process, port):
        job = ask(port, "POST", JOBS, {"kind": "index"})["id"]
        with Stream(port, job) as stream:
            stage = stream.until(lambda seen: seen["progress"])["progress"]["stage"]
            process.terminate()
            while stream.next() is not None:
                pass
        assert process.wait() == 0
        with pytest.raises(ProcessLookupError):
            os.kill(int(stage.split()[1]), 0)
    program("finish()")
    with server_process(engine) as (_, port), Stream(port, job) as stream:
        assert stream.until(lambda seen: seen["finished_at"])["status"] == "done"
