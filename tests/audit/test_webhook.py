from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from urllib.error import URLError

import pytest

from codesearch.audit.webhook import Webhook
from codesearch.core.errors import ConfigError, EnvironmentFailure

SECRET = "sesame"  # noqa: S105 - of nobody
ADDRESS = f"http://localhost:8123/hooks/{SECRET}"
OK = "HTTP/1.1 204 No Content\r\n\r\n"


class LocalSocket(socket.socket):
    """One end of a pair, which has no TCP to tune."""

    def setsockopt(self, *_: object) -> None:
        """Leave everything as it is."""


class Receiver:
    """The other end of every connection, over a socket pair; gives one answer and keeps what it got."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answer = OK
        self.ends: list[socket.socket] = []
        self.addresses: list[object] = []

        def connect(address: object, *_: object, **__: object) -> socket.socket:
            self.addresses.append(address)
            ours, theirs = socket.socketpair(socket.AF_UNIX)
            self.ends.append(theirs)
            theirs.sendall(self.answer.encode())
            theirs.shutdown(socket.SHUT_WR)
            return LocalSocket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=ours.detach())

        monkeypatch.setattr(socket, "create_connection", connect)
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)

    @property
    def received(self) -> tuple[str, dict[str, str], object]:
        """Request line, headers and document of the only connection."""
        [theirs] = self.ends
        with closing(theirs):
            head, _, body = theirs.recv(1 << 16).decode().partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        return first, headers, json.loads(body)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    receiver = Receiver(monkeypatch)
    yield receiver
    for end in receiver.ends:
        end.close()


def failure(address: str = ADDRESS) -> str:
    with pytest.raises(EnvironmentFailure) as caught:
        Webhook(address).post({"schema": "x/1"})
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value.message


def test_document_is_posted_as_json_to_the_configured_address(receiver: Receiver) -> None:
    Webhook(ADDRESS).post({"schema": "x/1", "name": "ü"})
    line, headers, document = receiver.received
    assert line == f"POST /hooks/{SECRET} HTTP/1.1"
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"].startswith("codesearch/")
    assert document == {"schema": "x/1", "name": "ü"}
    assert receiver.addresses == [("localhost", 8123)]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_no_proxy_gets_what_is_for_this_machine(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example.org:3128")
    monkeypatch.setenv("no_proxy", "")
    Webhook(f"http://{f'[{host}]' if ':' in host else host}:8123/hooks/{SECRET}").post({})
    assert receiver.addresses == [(host, 8123)]
    assert receiver.received[0] == f"POST /hooks/{SECRET} HTTP/1.1"


def test_a_proxy_of_the_environment_tunnels_what_is_for_others(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example.org:3128")
    receiver.answer = "HTTP/1.1 502 Bad Gateway\r\n\r\n"
    failure(f"https://hooks.example.org/{SECRET}")
    assert receiver.addresses == [("proxy.example.org", 3128)]


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Again", "308 Moved"])
def test_redirect_is_not_followed(receiver: Receiver, status: str) -> None:
    receiver.answer = (
        f"HTTP/1.1 {status}\r\nLocation: http://localhost:9/{SECRET}\r\nContent-Length: 0\r\n\r\n"
    )
    assert failure() == f"the webhook answered {status[:3]}"
    assert len(receiver.addresses) == 1


@pytest.mark.parametrize("status", ["404 Not Found", "500 Internal Server Error"])
def test_refusal_is_a_failure_with_its_number(receiver: Receiver, status: str) -> None:
    receiver.answer = f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n{SECRET}"
    assert failure() == f"the webhook answered {status[:3]}"


def test_endless_answer_is_not_read(receiver: Receiver) -> None:
    receiver.answer = "HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\nfirst of many"
    Webhook(ADDRESS).post({})


@pytest.mark.parametrize("answer", ["", "nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\n" + "X: y\r\n" * 200])
def test_what_does_not_speak_http_is_a_failure(receiver: Receiver, answer: str) -> None:
    receiver.answer = answer
    assert failure().startswith("the webhook cannot be reached (")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "cannot be reached (Connection refused)"),
        (socket.gaierror(-2, "Name or service not known"), "cannot be reached (Name or service not known)"),
        (TimeoutError("timed out"), "did not answer within 10 seconds"),
        (ssl.SSLCertVerificationError(1, SECRET), "has no certificate that this machine trusts"),
        (http.client.InvalidURL(SECRET), "cannot be reached (InvalidURL)"),
        (URLError(SECRET), "cannot be reached (URLError)"),
        (UnicodeError(SECRET), "cannot be reached (UnicodeError)"),
    ],
)
def test_unreachable_webhook_is_one_line_without_its_address(
    monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    monkeypatch.setattr(socket, "create_connection", _raising(error))
    assert failure() == f"the webhook {message}"


def _raising(error: Exception) -> Callable[..., socket.socket]:
    def connect(*_: object, **__: object) -> socket.socket:
        raise error

    return connect


@pytest.mark.parametrize(
    "address",
    [
        "https://hooks.example.org/sesame",
        "https://hooks.example.org:8443/sesame?a=b",
        "http://localhost/sesame",
        "http://127.0.0.1:1/sesame",
        "http://[::1]:1/sesame",
    ],
)
def test_https_and_this_machine_are_allowed(address: str) -> None:
    Webhook(address)


@pytest.mark.parametrize(
    "address",
    [
        "http://hooks.example.org/sesame",
        "http://localhost.example.org/sesame",
        "http://localhost@example.org/sesame",
        "https://user:sesame@example.org/",
        "ftp://localhost/sesame",
        "file:///sesame",
        "sesame",
        "https:///sesame",
        "https://example.org:99999/sesame",
        "https://exa mple.org/sesame",
        "https://example.org/sesame\n",
        "https://exämple.org/sesame",
        "https://[::1/sesame",
        " https://example.org/sesame",
    ],
)
def test_any_other_address_is_a_setting_to_correct(address: str) -> None:
    with pytest.raises(ConfigError, match=r"audit\.webhook") as caught:
        Webhook(address)
    assert SECRET not in str(caught.value)
