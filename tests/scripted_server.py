"""An OpenAI-compatible chat server on 127.0.0.1 that says what a test wants and keeps what it got.

A test that uses it needs ``pytest.mark.enable_socket``. A script is a list of replies, the last of which is
repeated, or a function of the request::

    with ScriptedServer([error(429), answer({"verdict": "clone", ...})]) as server:
        ...  # base_url = server.url
    assert "def f" in server.requests[0].text
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from codesearch.core.settings import default_settings
from codesearch.core.settings.sections import Judge

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent.

    Attributes:
        method: HTTP method.
        path: Path with its query.
        headers: Names in lower case.
        body: The JSON document; an empty one when there was none.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, object]

    @property
    def messages(self) -> tuple[tuple[str, str], ...]:
        """Role and text of every message."""
        sent = self.body.get("messages", ())
        assert isinstance(sent, Sequence)
        return tuple((str(message["role"]), str(message["content"])) for message in sent)

    @property
    def text(self) -> str:
        """All messages as one text."""
        return "\n".join(text for _, text in self.messages)

    @property
    def structured(self) -> bool:
        """Whether the answer is asked for by a schema."""
        return "response_format" in self.body


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server does with one request.

    Attributes:
        status: HTTP status.
        body: Bytes of the answer.
        content_type: Their type.
        headers: Further headers.
        wait: Seconds before anything is sent; the end of the server ends the wait.
        drip: Seconds between the bytes of the body.
        promised: Bytes that the header promises beyond those that come.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0
    drip: float = 0
    promised: int = 0


Script = Sequence[Reply] | Callable[[Request], Reply]


def document(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Any JSON document."""
    return Reply(status, json.dumps(value).encode(), headers=headers or {})


def answer(
    content: str | Mapping[str, object] | None,
    *,
    read: int = 100,
    written: int = 20,
    finish: str = "stop",
    **message: object,
) -> Reply:
    """A chat completion.

    Args:
        content: Text of the answer, or a document to be written as JSON.
        read: Tokens of the prompt.
        written: Tokens of the answer.
        finish: ``finish_reason``.
        message: Further fields of the message, such as ``refusal``.
    """
    text = json.dumps(content) if isinstance(content, Mapping) else content
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text, **message},
        "finish_reason": finish,
    }
    usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    return document(
        {
            "id": "1",
            "object": "chat.completion",
            "created": 0,
            "model": "m",
            "choices": [choice],
            "usage": usage,
        }
    )


def verdict(
    word: str = "clone",
    clone_type: str | None = "T3",
    confidence: float = 0.9,
    reason: str = "Same statements.",
) -> Reply:
    """A judge's answer of the usual shape, citing the first line of both sides."""
    return answer(
        {
            "verdict": word,
            "clone_type": clone_type if word == "clone" else None,
            "confidence": confidence,
            "evidence": [{"a_lines": [1, 1], "b_lines": [1, 1]}],
            "reason": reason,
        }
    )


def error(
    status: int, message: str = "", *, code: str | None = None, headers: Mapping[str, str] | None = None
) -> Reply:
    """A failure in OpenAI's shape."""
    return document({"error": {"message": message, "type": "error", "code": code}}, status, headers)


def hang(seconds: float = 60) -> Reply:
    """Nothing for a while, then an empty answer."""
    return Reply(wait=seconds)


def half(reply: Reply) -> Reply:
    """The first half of a reply that promised to be whole; then the connection is closed."""
    middle = len(reply.body) // 2
    return Reply(reply.status, reply.body[:middle], promised=len(reply.body) - middle)


def html(status: int = 200) -> Reply:
    """A page for people, as a proxy or a wrong path gives it."""
    return Reply(status, b"<!DOCTYPE html><html><body>Welcome</body></html>", "text/html; charset=utf-8")


def redirect(address: str, status: int = 307) -> Reply:
    """Sends the client elsewhere."""
    return Reply(status, headers={"Location": address})


def by_text(choose: Callable[[str], Reply]) -> Callable[[Request], Reply]:
    """A script that reads the messages of a request."""
    return lambda request: choose(request.text)


def judge_settings(base_url: str, /, **changes: object) -> Judge:
    """The section ``[judge]`` for a server: kind ``llm``, no retries, and what else is to be changed."""
    server = {"kind": "llm", "model": "coder:7b", "base_url": base_url, "retries": 0}
    return Judge.model_validate({**default_settings().judge.model_dump(), **server, **changes})


class ScriptedServer:
    """Serves a script on a free port of 127.0.0.1 while it is entered.

    Attributes:
        requests: What came, in order of arrival.
    """

    def __init__(self, script: Script) -> None:
        self.requests: list[Request] = []
        self._script = script
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def origin(self) -> str:
        """Its address without a path."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """What a user writes as ``judge.base_url``."""
        return f"{self.origin}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def reply(self, request: Request) -> Reply:
        """Keeps a request and says what to do with it."""
        with self._lock:
            self.requests.append(request)
            if not callable(self._script):
                return self._script[min(len(self.requests), len(self._script)) - 1]
        return self._script(request)

    def pause(self, seconds: float) -> None:
        """Waits, but never longer than the server lives."""
        self._closing.wait(seconds)


def _handler(server: ScriptedServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self._serve()

        def do_GET(self) -> None:
            self._serve()

        def do_CONNECT(self) -> None:
            self._serve()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: what failed is the test's to tell."""

        def _serve(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = server.reply(Request(self.command, self.path, headers, _json_object(sent)))
            self.close_connection = True
            with contextlib.suppress(OSError):  # the client waited long enough
                self._send(reply)

        def _send(self, reply: Reply) -> None:
            server.pause(reply.wait)
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body) + reply.promised))
            self.send_header("Connection", "close")
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if not reply.drip:
                self.wfile.write(reply.body)
                return
            for number in range(len(reply.body)):
                server.pause(reply.drip)
                self.wfile.write(reply.body[number : number + 1])

    return Handler


def _json_object(sent: bytes) -> Mapping[str, object]:
    try:
        found = json.loads(sent or b"{}")
    except ValueError:  # what tracing sends, for one, need not be JSON
        return {}
    return found if isinstance(found, dict) else {}
