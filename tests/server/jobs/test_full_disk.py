"""A disk that is full while a server works: what has to be kept is refused, all else goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from audit_trees import python_function
from commandline import call, write_tree
from job_lab import Program
from own_server import own_server
from starlette.testclient import TestClient

from codesearch.server.jobs import queue

CODE = {"code": python_function("asked", "order"), "language": "python"}
VERDICT = {"a": CODE, "b": {**CODE, "code": python_function("other", "user")}, "verdict": "clone"}
INDEX = {"kind": "index"}
PATIENCE = 120  # seconds


class SmallDisk:
    """A file system of a few MiB."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        """Leave no room on it."""
        filler = os.open(self._filler, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        try:
            while True:
                os.write(filler, b"\0" * 4096)
        except OSError:
            pass
        finally:
            os.close(filler)

    def free(self) -> None:
        """Make room again."""
        self._filler.unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """Where the user's settings, the code and its index lie."""
    folder = tmp_path / "disk"
    folder.mkdir()
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    mount = [*as_root, "mount", "-t", "tmpfs", "-o", "size=8m,mode=1777", "none", str(folder)]
    if not all(map(shutil.which, (*as_root[:1], "mount", "umount"))):
        pytest.skip("mounting a file system takes root")
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run([*as_root, "umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def client(disk: SmallDisk, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """Somebody with a token that may do everything, of a server that takes nobody without."""
    home = disk.folder
    for name in [name for name in os.environ if name.upper().startswith("CODESEARCH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("CODESEARCH_SERVER__REQUIRE_TOKEN", "true")
    monkeypatch.setattr(queue, "STORE_PAUSE", 0.01)
    monkeypatch.chdir(home)
    files = {"orders.py": python_function("collect", "order"), "users.py": python_function("gather", "user")}
    write_tree(home / "app", files)
    assert call("index", "app", "--jobs", "1").code == 0
    token = call("token", "create", "--scope", "admin", "--json").document["token"]
    with own_server({"Authorization": f"Bearer {token}"}) as made:
        yield made


def wait_for(holds: Callable[[], bool]) -> None:
    """Wait until something holds; only a failing test waits long."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def found(client: TestClient) -> list[str]:
    answer = client.post("/api/v1/query", json=CODE)
    assert answer.status_code == 200
    return [match["path"] for match in answer.json()["results"][0]["matches"]]


def refused(client: TestClient, method: str, path: str, **what: object) -> str:
    """What somebody is told whose request a full disk refuses."""
    answer = client.request(method, path, **what)  # type: ignore[arg-type]
    assert answer.status_code == 503, path
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == 503
    assert "free some space" in problem["hint"], path
    assert "Traceback" not in answer.text
    return str(problem["detail"])


def test_what_has_to_be_kept_is_refused_until_there_is_room_and_searches_go_on(
    client: TestClient, disk: SmallDisk, caplog: pytest.LogCaptureFixture
) -> None:
    disk.fill()
    for _ in range(2):  # what the first attempt left behind does not change the second one
        assert {"orders.py", "users.py"} <= {path.rpartition("/")[2] for path in found(client)}
        assert "full" in refused(client, "POST", "/api/v1/feedback", json=VERDICT)
        assert "no space left" in refused(client, "POST", "/api/v1/jobs", json=INDEX)
        schedule = {"name": "nightly", "cron": "0 3 * * *", "corpora": ["app"]}
        assert "no space left" in refused(client, "POST", "/api/v1/schedules", json=schedule)
        for address in ("/api/v1/corpora", "/api/v1/jobs", "/api/v1/feedback", "/corpora", "/metrics"):
            assert client.get(address).status_code == 200, address
    disk.free()
    assert client.post("/api/v1/feedback", json=VERDICT).status_code == 201
    assert len(client.get("/api/v1/feedback").json()["items"]) == 1
    job = client.post("/api/v1/jobs", json=INDEX)
    assert job.status_code == 202
    assert '"status": "done"' in client.get(f"/api/v1/jobs/{job.json()['id']}/events").text
    assert found(client)
    assert "Traceback" not in caplog.text


def test_job_that_ends_while_the_disk_is_full_is_recorded_when_there_is_room(
    client: TestClient,
    disk: SmallDisk,
    program: Program,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    go = tmp_path / "go"
    program(f"progress('at work')\nwhile not os.path.exists({str(go)!r}):\n    time.sleep(0.01)\nfinish()")
    job = client.post("/api/v1/jobs", json=INDEX).json()["id"]
    wait_for(lambda: "at work" in client.get(f"/api/v1/jobs/{job}").text)
    disk.fill()
    go.touch()
    wait_for(lambda: f"job {job}: what became of it cannot be recorded" in caplog.text)
    assert client.get(f"/api/v1/jobs/{job}").json()["status"] == "running"
    disk.free()
    assert '"status": "done"' in client.get(f"/api/v1/jobs/{job}/events").text
