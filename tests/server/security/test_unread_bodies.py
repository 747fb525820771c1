"""Clients that go on sending a body when it was answered, go away, or want to speak another protocol."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from guarded_site import Options
from raw_server import FOUND, Address, answers, request, running, told

pytestmark = pytest.mark.enable_socket

MEBIBYTE = b"100000\r\n" + b"x" * (1 << 20) + b"\r\n"
"""One chunk of a chunked body."""
CHUNKED = "Content-Type: application/json\r\nTransfer-Encoding: chunked"
QUERY = f"POST /api/v1/query HTTP/1.1\r\n{CHUNKED}"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Address]:
    """A server as it is by default, which waits ten seconds for a body that stops."""
    with running(tmp_path, Options()) as (address, _):
        yield address


def refusals() -> list[tuple[str, bytes]]:
    """Requests that are refused before their body is read, with the status that tells so."""
    return [
        (QUERY, b"413"),
        (f"{QUERY}\r\nAuthorization: Bearer csk_wrong", b"401"),
        (f"{QUERY}\r\nOrigin: http://evil.example", b"403"),
        (f"{QUERY}\r\nContent-Length: 5", b"400"),
        (f"POST /nowhere HTTP/1.1\r\n{CHUNKED}", b"404"),
    ]


@pytest.mark.parametrize("ending", ["", "\r\nConnection: close"])
@pytest.mark.parametrize(("head", "status"), refusals())
def test_client_that_sends_all_of_a_refused_body_first_hears_why(
    server: Address, head: str, status: bytes, ending: str
) -> None:
    said = told(server, request(head + ending, MEBIBYTE * 20 + b"0\r\n\r\n"))
    assert FOUND.findall(said) == [status]


@pytest.mark.parametrize(("head", "status"), refusals())
def test_refusal_does_not_wait_for_the_end_of_the_body(server: Address, head: str, status: bytes) -> None:
    with socket.create_connection(server, 60) as connection:
        connection.sendall(request(head, MEBIBYTE * 3))
        assert FOUND.findall(connection.recv(1 << 16)) == [status]


def test_connection_goes_on_after_a_refused_body(server: Address) -> None:
    refused = request(f"{QUERY}\r\nOrigin: http://evil.example", MEBIBYTE + b"0\r\n\r\n")
    said = told(server, refused + request("GET /api/v1/status HTTP/1.1"))
    assert FOUND.findall(said) == [b"403", b"200"]


@pytest.mark.parametrize(
    "rest",
    [
        b"zzz\r\n",
        b"-1\r\n",
        b"0x5\r\nhello\r\n",
        b"+5\r\nhello\r\n",
        b" 5\r\nhello\r\n",
        b"5\rhello\r\n",
        b"5\r\nhelloworld\r\n",
        b"fffffffffffffffffffffffff\r\n",
        b"2;\n0\r\n\r\n",
        b"0\r\nContent-Length : 5\r\n\r\n",
    ],
)
def test_what_is_no_chunk_ends_the_connection(
    server: Address, caplog: pytest.LogCaptureFixture, rest: bytes
) -> None:
    smuggled = request("GET /api/v1/status HTTP/1.1")
    for head, status in ((QUERY, b"400"), (f"{QUERY}\r\nAuthorization: Bearer csk_wrong", b"401")):
        with socket.create_connection(server, 60) as connection:
            connection.sendall(request(head, b"2\r\n{}\r\n"))
            if status == b"401":  # it is answered by now, and the rest arrives later
                assert FOUND.findall(connection.recv(1 << 16)) == [status]
            connection.sendall(rest + smuggled)
            said = answers(connection)
        assert b"fine" not in said
        assert FOUND.findall(said) in ([b"400"], [])
    assert "Traceback" not in caplog.text


def test_headers_behind_a_body_change_nothing(server: Address) -> None:
    trailers = b"0\r\nContent-Length: 500\r\nHost: evil.example\r\nAuthorization: Bearer x\r\n\r\n"
    said = told(server, request(QUERY, b"2;note=a\r\n{}\r\n" + trailers))
    assert said.endswith(b'{"bytes":2}')


def test_body_behind_a_header_that_needs_none_is_no_request(server: Address) -> None:
    inner = request("GET /api/v1/status HTTP/1.1")
    said = told(server, request(f"GET /api/v1/status HTTP/1.1\r\nContent-Length: {len(inner)}", inner))
    assert FOUND.findall(said) == [b"200"]


def test_client_that_goes_away_in_its_body_is_no_failure_of_the_server(
    server: Address, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        with socket.create_connection(server, 60) as connection:
            connection.sendall(request(QUERY, MEBIBYTE))
    assert b" 200 " in told(server, request("GET /api/v1/status HTTP/1.1\r\nConnection: close"))
    assert [record.message for record in caplog.records if record.levelname != "INFO"] == []


@pytest.mark.parametrize("rest", [b"", b"\x81\x05hello", b"\x88\x00"])
def test_websocket_is_refused_at_once(server: Address, rest: bytes) -> None:
    head = (
        "GET /api/v1/status HTTP/1.1\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    )
    with socket.create_connection(server, 60) as connection:
        connection.sendall(request(head, rest))
        said = answers(connection)
    assert FOUND.findall(said) == [b"400"]
    assert b"there are no websockets here" in said


def test_offer_of_another_http_is_passed_over_without_a_word(
    server: Address, caplog: pytest.LogCaptureFixture
) -> None:
    head = (
        "GET /api/v1/status HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings, close\r\n"
        "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__"
    )
    assert FOUND.findall(told(server, request(head))) == [b"200"]
    assert [record.message for record in caplog.records if record.name.startswith("uvicorn")] == []
