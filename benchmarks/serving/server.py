"""One ``codesearch serve`` as a user starts it, and what its job queue does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.process import anonymous_bytes, installed_command
from codesearch.core.errors import EnvironmentFailure

_ANNOUNCED = re.compile(r"listening on http://.*:(\d+)\n")
_POLL_SECONDS = 0.2
ENDED = {"done", "failed", "cancelled"}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server.

    Attributes:
        port: On 127.0.0.1.
        process: The one that answers; jobs run in its children.
        messages: What it writes to standard error.
    """

    port: int
    process: subprocess.Popen[bytes]
    messages: Path

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def memory(self) -> Mapping[str, int]:
        """Bytes of the process that answers, without its children: ``anonymous``, and ``resident`` with the
        pages of mapped files.
        """
        import psutil

        pid = self.process.pid
        return {"anonymous": anonymous_bytes(pid), "resident": psutil.Process(pid).memory_info().rss}

    def cpu_seconds(self) -> float:
        """Processor time of the process that answers, without its children."""
        import psutil

        used = psutil.Process(self.process.pid).cpu_times()
        return float(used.user + used.system)

    def ask(self, path: str, document: object = None) -> Any:
        """The JSON answer to a GET, or to a POST of a document.

        Raises:
            EnvironmentFailure: The answer is a failure.
        """
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(  # noqa: S310 (our own server)
            self.url + path, body, {"Content-Type": "application/json"} if body else {}
        )
        try:
            with urllib.request.urlopen(request) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            told = error.read().decode(errors="replace")
            raise EnvironmentFailure(f"{path} was answered with {error.code}", told) from None

    def complaints(self) -> list[str]:
        """Lines on standard error after the one that says where it listens."""
        said = self.messages.read_text(encoding="utf-8", errors="replace")
        return _ANNOUNCED.split(said)[-1].splitlines()

    def read(self, path: str) -> str:
        """The text that a GET is answered with."""
        with urllib.request.urlopen(self.url + path) as answer:  # noqa: S310 (our own server)
            return str(answer.read(), "utf-8")

    def index_anew(self, corpus: str) -> tuple[float, float]:
        """When an index job of a corpus began and ended, seconds since the epoch; waits for its end.

        Raises:
            EnvironmentFailure: It failed.
        """
        return self._run_job("index", corpus)

    def audit_anew(self, corpus: str) -> tuple[float, float]:
        """Likewise of an audit job."""
        return self._run_job("audit", corpus)

    def _run_job(self, kind: str, corpus: str) -> tuple[float, float]:
        began = time.time()
        job = self.ask("/api/v1/jobs", {"kind": kind, "corpora": [corpus]})
        while job["status"] not in ENDED:
            time.sleep(_POLL_SECONDS)
            job = self.ask(f"/api/v1/jobs/{job['id']}")
        if job["status"] != "done":
            raise EnvironmentFailure(f"the {kind} job {job['status']}", str(job["failure"]))
        return began, time.time()


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """A server with default settings over the index in ``folder``, stopped at the end of the block.

    Raises:
        EnvironmentFailure: It does not start; the message ends with its last line on standard error.
    """
    messages = folder / "messages.txt"
    with messages.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen(
            [installed_command("codesearch"), "serve", "--port", "0"],
            cwd=folder,
            env=os.environ | {"XDG_CONFIG_HOME": str(folder / "config")},
            stdin=subprocess.DEVNULL,
            stderr=stream,
        )
    try:
        yield Server(_announced_port(process, messages), process, messages)
    finally:
        process.terminate()
        process.wait()


def _announced_port(process: subprocess.Popen[bytes], messages: Path) -> int:
    while True:
        said = messages.read_text("utf-8")
        if found := _ANNOUNCED.search(said):
            return int(found[1])
        if process.poll() is not None:
            lines = said.strip().splitlines() or ["no message"]
            raise EnvironmentFailure(f"codesearch serve ended with code {process.returncode}", lines[-1])
        time.sleep(_POLL_SECONDS)
