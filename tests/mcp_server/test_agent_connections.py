from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import pytest
from audit_trees import python_function
from commandline import call, finished, spawn, tally, write_tree
from mcp_agent import http_agent, server_environment, stdio_agent

from codesearch.core.errors import EnvironmentFailure
from codesearch.serving.pool import MOST_WAITING, WorkPool

DRAFT = python_function("fetch", "item")
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


@contextmanager
def started(*words: str) -> Iterator[subprocess.Popen[str]]:
    """A server whose pipes are ours; killed at the end if it is still there."""
    process = subprocess.Popen(
        [sys.executable, "-m", "codesearch", "mcp", *words],
        env=os.environ | server_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def served() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server over HTTP, and its address."""
    with started("--http", "--port", "0") as process:
        assert process.stderr is not None
        yield process, process.stderr.readline().split()[-1]


def answered(process: subprocess.Popen[str], message: dict[str, object]) -> dict[str, object]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(message) + "\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    assert isinstance(answer, dict)
    return answer


def test_a_server_without_a_client_ends_in_silence(user: Path) -> None:
    done = finished(spawn("mcp", folder=user))
    assert (done.code, done.out, done.err) == (0, "", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_server_ends_at_once_and_without_a_traceback(at_home: Path, number: signal.Signals) -> None:
    del at_home
    with started() as process:
        assert answered(process, INITIALIZE)["id"] == 1
        process.send_signal(number)
        assert process.wait(timeout=60) == 128 + number
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_what_is_no_message_is_survived(at_home: Path) -> None:
    del at_home
    with started() as process:
        assert process.stdin is not None
        process.stdin.write("this is no JSON\n{}\n")
        while True:
            answer = answered(process, INITIALIZE)
            if answer.get("id") == 1:
                break
        assert "result" in answer


def test_an_older_client_is_served_as_well(at_home: Path) -> None:
    del at_home
    with started() as process:
        result = answered(process, INITIALIZE)["result"]
        assert isinstance(result, dict)
        assert result["protocolVersion"] == "2025-06-18"
        assert result["serverInfo"]["name"] == "codesearch"


def test_a_new_index_and_a_new_snapshot_are_picked_up_without_a_restart(user: Path) -> None:
    write_tree(user / "corpus", {"orders.py": python_function("collect", "order")})
    with (user / "messages").open("w") as errors, stdio_agent(user, errors) as agent:
        for tool, arguments in (("index_status", {}), ("find_clones", {"code": DRAFT})):
            assert "codesearch index" in agent.refused(tool, **arguments)
        assert agent.ask("compare", first_code=DRAFT, second_code=DRAFT)[1]["clone_type"] == "T1"
        assert call("index", "corpus").code == 0
        assert "1 clone found" in agent.ask("find_clones", code=DRAFT)[0]
        assert agent.refused("list_clone_classes").startswith("nothing was audited in ")
        write_tree(user / "corpus", {"users.py": python_function("gather", "user")})
        assert call("audit", "corpus", "--jobs", "1").code == 0
        assert "2 clones found" in agent.ask("find_clones", code=DRAFT)[0]
        assert agent.ask("list_clone_classes")[1]["page"]["total"] == 1


def test_classes_that_the_audit_before_did_not_have_are_new(user: Path) -> None:
    write_tree(user / "corpus", {f"{n}.py": python_function(f"f{n}", "a") for n in range(2)})
    assert call("audit", "corpus", "--jobs", "1").code == 0
    write_tree(user / "corpus", {f"sum{n}.py": tally(f"g{n}") for n in range(2)})
    assert call("audit", "corpus", "--jobs", "1").code == 0
    with (user / "messages").open("w") as errors, stdio_agent(user, errors) as agent:
        text, document = agent.ask("list_clone_classes", only_new=True)
        [found] = document["classes"]
        assert found["new"] is True
        assert "sum0.py" in text
        assert agent.ask("list_clone_classes")[1]["page"]["total"] == 2


def test_verdicts_of_the_user_count_at_once(user: Path) -> None:
    write_tree(user / "corpus", {"orders.py": python_function("collect", "order"), "mine.py": DRAFT})
    assert call("index", "corpus").code == 0
    with (user / "messages").open("w") as errors, stdio_agent(user, errors) as agent:
        assert "1 clone found" in agent.ask("find_clones", path="mine.py")[0]
        assert call("feedback", "reject", "corpus/mine.py", "corpus/orders.py").code == 0
        assert "No clone found" in agent.ask("find_clones", path="mine.py")[0]


@pytest.mark.enable_socket
def test_the_same_is_served_over_http(at_home: Path) -> None:
    del at_home
    with served() as (_, address), http_agent(address) as agent:
        assert urlsplit(address).hostname == "127.0.0.1"
        text, _ = agent.ask("find_clones", code=DRAFT)
        assert str(Path.cwd() / "corpus" / "shop" / "orders.py") in text, "another folder may be the client's"
        assert agent.read("codesearch://corpus/shop/orders.py#L1").startswith("def collect")


@pytest.mark.enable_socket
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_http_server_ends_well(at_home: Path, number: signal.Signals) -> None:
    del at_home
    with served() as (process, _):
        process.send_signal(number)
        assert process.wait(timeout=60) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("Host", "evil.example", 421),
        ("Host", "127.0.0.1:1", 421),
        ("Origin", "https://evil.example", 403),
        ("Origin", "null", 403),
        ("Content-Length", "999999999999", 413),
        ("Content-Type", "text/plain", 400),
        ("X-Nothing", "", 200),
    ],
)
def test_requests_of_strangers_are_refused(http_address: str, header: str, value: str, status: int) -> None:
    parts = urlsplit(http_address)
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=60)
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    connection.request("POST", parts.path, json.dumps(INITIALIZE), headers | {header: value})
    answer = connection.getresponse()
    assert answer.status == status
    assert b"Traceback" not in answer.read()
    connection.close()


@pytest.fixture(scope="module")
def http_address(code_base: Path) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(code_base / "config"))
        patch.chdir(code_base / "home")
        with served() as (_, address):
            yield address


@pytest.mark.enable_socket
def test_a_port_that_is_taken_is_named(http_address: str) -> None:
    port = str(urlsplit(http_address).port)
    done = finished(spawn("mcp", "--http", "--port", port))
    assert done.code == 3
    assert done.error == f"cannot listen on 127.0.0.1:{port} (Address already in use): choose another --port"


def test_a_port_without_http_is_refused(user: Path) -> None:
    del user
    done = call("mcp", "--port", "8000")
    assert (done.code, done.error) == (2, "--port is for HTTP: add --http")


def test_a_missing_extra_is_named(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del user
    monkeypatch.setattr("codesearch.cli.mcp.find_spec", lambda name: None)
    done = call("mcp")
    assert (done.code, done.error) == (
        3,
        "the MCP server needs the extra 'mcp': pip install 'codesearch-clones[mcp]'",
    )


def test_the_event_loop_lives_while_a_call_is_worked_on_and_a_long_line_is_refused() -> None:
    async def main() -> None:
        from threading import Event

        worker, go_on, done = WorkPool(1), Event(), []

        async def one(number: int) -> None:
            done.append(await worker.run(lambda: go_on.wait(60) and number))

        async with anyio.create_task_group() as tasks:
            for number in range(1 + MOST_WAITING):
                tasks.start_soon(one, number)
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(EnvironmentFailure, match="calls are waiting"):
                await worker.run(lambda: None)
            go_on.set()
        assert done == list(range(1 + MOST_WAITING)), "in the order in which they came"

    anyio.run(main)
