"""What clients do to a connection, told to a real server: they trickle, hoard, smuggle and flood."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from guarded_site import LARGE, Options
from raw_server import FOUND, Address, answers, request, running, told

from codesearch.server.security.slow_clients import LONGEST_HEADER

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Address]:
    """A server that waits for nobody for long."""
    options = Options(
        header_seconds=0.3, body_seconds=0.3, min_body_rate=1000, request_seconds=1, connections_per_address=1
    )
    with running(tmp_path, options) as (address, _):
        yield address


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[Address]:
    """A server as it is by default."""
    with running(tmp_path, Options()) as (address, _):
        yield address


def trickle(connection: socket.socket, text: bytes) -> bytes:
    """Send byte by byte until the server has enough of it; returns what it said."""
    try:
        for position in range(len(text)):
            connection.sendall(text[position : position + 1])
            time.sleep(0.02)
    except (BrokenPipeError, ConnectionResetError):
        pass
    return answers(connection)


def test_trickled_header_is_ended(hasty: Address) -> None:
    with socket.create_connection(hasty, 20) as connection:
        said = trickle(connection, b"GET / HTTP/1.1\r\nX-Slow: " + b"x" * 200)
    assert said == b"" or said.startswith(b"HTTP/1.1 408 ")


def test_trickled_header_of_a_second_request_is_ended(hasty: Address) -> None:
    with socket.create_connection(hasty, 20) as connection:
        connection.sendall(request("GET /api/v1/status HTTP/1.1"))
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        assert b"HTTP/1.1 408 " in answers(connection)


def test_silent_connection_is_closed_without_a_word(hasty: Address) -> None:
    with socket.create_connection(hasty, 20) as connection:
        assert answers(connection) == b""


@pytest.mark.parametrize("length", ["Content-Length: 100000", "Transfer-Encoding: chunked"])
def test_trickled_body_is_ended(hasty: Address, length: str) -> None:
    with socket.create_connection(hasty, 20) as connection:
        connection.sendall(
            request(f"POST /api/v1/query HTTP/1.1\r\nContent-Type: application/json\r\n{length}")
        )
        connection.sendall(b"5\r\n")
        assert b"HTTP/1.1 408 " in answers(connection)


def test_body_that_arrives_fast_enough_is_read(hasty: Address) -> None:
    with socket.create_connection(hasty, 20) as connection:
        head = "POST /api/v1/query HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 9000"
        connection.sendall(request(head))
        for _ in range(9):
            connection.sendall(b"x" * 1000)
            time.sleep(0.1)
        assert connection.recv(1 << 16).endswith(b'{"bytes":9000}')


def test_client_that_does_not_read_is_cut_off(hasty: Address) -> None:
    with socket.create_connection(hasty, 20) as connection:
        connection.sendall(request("GET /large HTTP/1.1"))
        time.sleep(2)
        assert len(answers(connection)) < LARGE


def test_one_address_holds_so_many_connections(hasty: Address) -> None:
    with ExitStack() as stack:
        kept = [stack.enter_context(socket.create_connection(hasty, 20)) for _ in range(8)]
        for connection in kept:
            connection.sendall(request("GET /api/v1/slow HTTP/1.1"))
        with socket.create_connection(hasty, 20) as one_more:
            assert answers(one_more).startswith(b"HTTP/1.1 503 ")
        kept[0].close()
        # The server hears of that a moment later.
        for _ in range(100):
            said = told(hasty, request("GET /api/v1/status HTTP/1.1\r\nConnection: close"))
            if b" 200 " in said:
                break
            time.sleep(0.02)
        assert b" 200 " in said


SMUGGLED = b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: 4\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 4",
        "Content-Length: 0\r\nContent-Length: 50",
        "Content-Length: 0, 50",
        "Content-Length: +0",
        "Content-Length: 0x0",
        "Content-Length: -1",
        "Content-Length : 0",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding : chunked",
        "X: y\r\n folded\r\n\tContent-Length: 0\r\nContent-Length: 1\r\nContent-Length: 2",
        "Content-Length: 0\r\nX\x00: y",
        "Content-Length: 0\r\nHost: evil.example",
    ],
)
def test_no_request_is_smuggled_in_the_body_of_another(patient: Address, framing: str) -> None:
    head = f"POST /api/v1/query HTTP/1.1\r\nContent-Type: application/json\r\n{framing}"
    said = told(patient, request(head, b"0\r\n\r\n" + SMUGGLED))
    assert len(FOUND.findall(said)) == 1
    assert FOUND.findall(said)[0] in {b"400", b"421", b"501"}
    assert b"fine" not in said


def test_pipelined_requests_are_answered_in_turn(patient: Address) -> None:
    said = told(patient, SMUGGLED + SMUGGLED)
    assert FOUND.findall(said) == [b"200", b"200"]


@pytest.mark.parametrize(
    "target", ["/%0d%0aSet-Cookie:%20evil=1", "/?next=%0d%0aSet-Cookie:%20evil=1", "//evil.example/%2e%2e"]
)
def test_no_address_puts_headers_into_an_answer(patient: Address, target: str) -> None:
    head = (
        f"GET {target} HTTP/1.1\r\nAccept: application/json\r\nX-Forwarded-For: 1.2.3.4\r\nConnection: close"
    )
    said = told(patient, request(head))
    assert b"evil=1" not in said.partition(b"\r\n\r\n")[0]


@pytest.mark.parametrize(
    "text",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # the greeting of TLS
        b"GET / HTTP/9.9\r\nAccept: application/json\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * LONGEST_HEADER,  # and no end of it
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x00" * 1000,
        b"PRI * HTTP/2.0\r\nAccept: application/json\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_no_request_is_told_so(patient: Address, text: bytes) -> None:
    assert FOUND.findall(told(patient, text))[0] in {b"400", b"421"}


def test_hundred_megabytes_are_answered_though_the_client_sends_them_all(patient: Address) -> None:
    connection = http.client.HTTPConnection(*patient, timeout=60)
    connection.request("POST", "/api/v1/query", bytes(100 << 20), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    assert answer.status == 413
    assert b"is larger than" in answer.read()
    connection.close()


def test_client_that_asks_first_need_not_send_them(patient: Address) -> None:
    head = "POST /api/v1/query HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 104857600"
    said = told(patient, request(f"{head}\r\nContent-Type: application/json"))
    assert FOUND.findall(said) == [b"413"]


def test_client_that_goes_away_leaves_the_server_as_it_was(patient: Address) -> None:
    for _ in range(20):
        with socket.create_connection(patient, 20) as connection:
            connection.sendall(request("GET /api/v1/slow HTTP/1.1"))
    assert b" 200 " in told(patient, request("GET /api/v1/status HTTP/1.1\r\nConnection: close"))


def test_body_of_an_answer_does_not_wait_for_the_header_to_be_acknowledged(tmp_path: Path) -> None:
    with (
        running(tmp_path, Options()) as (address, server),
        socket.create_connection(address, 20) as connection,
    ):
        connection.sendall(request("GET /api/v1/status HTTP/1.1"))
        connection.recv(1 << 16)
        [protocol] = server.server_state.connections
        ours = protocol.transport.get_extra_info("socket")
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_request_that_outlasts_the_server_is_told_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    head = "POST /settings-form HTTP/1.1\r\nContent-Length: 9\r\nExpect: 100-continue\r\n"
    with (
        running(tmp_path, Options()) as (address, server),
        socket.create_connection(address, 20) as connection,
    ):
        connection.sendall(request(head))
        assert b"100 Continue" in connection.recv(1 << 16)  # somebody waits for the body, which never comes
        server.should_exit = True
        said = answers(connection)
    assert FOUND.findall(said) == [b"503"]
    assert b"the server is stopping" in said
    assert "Traceback" not in caplog.text


def test_answer_that_outlasts_the_server_is_broken_off_without_a_traceback(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        running(tmp_path, Options()) as (address, server),
        socket.create_connection(address, 20) as connection,
    ):
        connection.sendall(request("GET /api/v1/endless HTTP/1.1\r\n"))
        assert b"200" in connection.recv(1 << 16)
        server.should_exit = True
        assert FOUND.findall(answers(connection)) == []
    assert "Traceback" not in caplog.text
